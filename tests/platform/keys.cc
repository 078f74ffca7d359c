#include "tests/platform/keys.h"

#include <fcntl.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/pem.h>

#include <array>
#include <vector>

#include "agent/base/encoding.h"
#include "agent/base/syscalls.h"
#include "tests/platform/digest.h"

namespace powernode::platform {
namespace {

Result<DigestContext> StartSignature(EVP_PKEY* key) {
  if (::EVP_PKEY_get_base_id(key) != EVP_PKEY_EC || ::EVP_PKEY_get_bits(key) != 256)
    return Error(ErrorKind::kInvalid, "not_ecdsa_p256", "the signing key is not ECDSA P-256");
  DigestContext context(::EVP_MD_CTX_new());
  if (::EVP_DigestSignInit(context.get(), nullptr, ::EVP_sha256(), nullptr, key) != 1)
    return OpenSslError("start a signature");
  return context;
}

Result<std::string> EndSignature(EVP_MD_CTX* context) {
  std::array<unsigned char, 256> signature{};
  std::size_t size = signature.size();
  if (::EVP_DigestSignFinal(context, signature.data(), &size) != 1)
    return OpenSslError("end a signature");
  return Base64Encode({reinterpret_cast<const char*>(signature.data()), size});
}

}  // namespace

Result<KeyKind> KeyKindFromName(std::string_view name) {
  if (name == "ecdsa") return KeyKind::kEcdsaP256;
  if (name == "rsa") return KeyKind::kRsa2048;
  if (name == "ed25519") return KeyKind::kEd25519;
  return Error(ErrorKind::kInvalid, "unknown_key_kind",
               "key kind '" + std::string(name) + "' is not ecdsa, rsa or ed25519");
}

Result<Key> MakeKey(KeyKind kind) {
  EVP_PKEY* key = nullptr;
  switch (kind) {
    case KeyKind::kEcdsaP256:
      key = ::EVP_EC_gen("P-256");
      break;
    case KeyKind::kRsa2048:
      key = ::EVP_RSA_gen(2048);
      break;
    case KeyKind::kEd25519:
      key = ::EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519");
      break;
  }
  if (key == nullptr) return OpenSslError("make a key pair");
  return Key(key);
}

Result<Key> KeyFromPem(std::string_view pem) {
  const Bio bio = ReadBio(pem);
  Key key(::PEM_read_bio_PrivateKey(bio.get(), nullptr, nullptr, nullptr));
  if (!key) return OpenSslError("parse private key");
  return key;
}

Result<std::string> PrivatePem(EVP_PKEY* key) {
  const Bio bio(::BIO_new(::BIO_s_mem()));
  if (::PEM_write_bio_PrivateKey(bio.get(), key, nullptr, nullptr, 0, nullptr, nullptr) != 1)
    return OpenSslError("write private key");
  return BioText(bio.get());
}

Result<std::string> PublicPem(EVP_PKEY* key) {
  const Bio bio(::BIO_new(::BIO_s_mem()));
  if (::PEM_write_bio_PUBKEY(bio.get(), key) != 1) return OpenSslError("write public key");
  return BioText(bio.get());
}

Result<std::string> PublicKeySha256(EVP_PKEY* key) {
  unsigned char* der = nullptr;
  const int size = ::i2d_PUBKEY(key, &der);
  if (size <= 0) return OpenSslError("encode public key");
  std::string hex = Sha256Hex({reinterpret_cast<const char*>(der), static_cast<std::size_t>(size)});
  ::OPENSSL_free(der);
  return hex;
}

std::string SignatureAlgorithmName(EVP_PKEY* key) {
  switch (::EVP_PKEY_get_base_id(key)) {
    case EVP_PKEY_EC:
      return "ecdsa-sha256";
    case EVP_PKEY_RSA:
      return "rsa-sha256";
    default:
      return "ed25519";
  }
}

Result<std::string> SignText(EVP_PKEY* key, std::string_view text) {
  ASSIGN_OR_RETURN_CONTEXT(const DigestContext context, StartSignature(key), "sign");
  if (::EVP_DigestSignUpdate(context.get(), text.data(), text.size()) != 1)
    return OpenSslError("sign");
  return EndSignature(context.get());
}

bool SignatureFits(EVP_PKEY* key, std::string_view text, std::string_view signature) {
  const DigestContext context(::EVP_MD_CTX_new());
  const bool fits =
      ::EVP_PKEY_get_base_id(key) == EVP_PKEY_EC &&
      ::EVP_DigestVerifyInit(context.get(), nullptr, ::EVP_sha256(), nullptr, key) == 1 &&
      ::EVP_DigestVerify(context.get(), reinterpret_cast<const unsigned char*>(signature.data()),
                         signature.size(), reinterpret_cast<const unsigned char*>(text.data()),
                         text.size()) == 1;
  ::ERR_clear_error();
  return fits;
}

Result<std::string> SignFile(EVP_PKEY* key, const std::string& path) {
  ASSIGN_OR_RETURN_CONTEXT(const DigestContext context, StartSignature(key), "sign " + path);
  ASSIGN_OR_RETURN_CONTEXT(const Fd file, Open(path, O_RDONLY | O_CLOEXEC), "sign");
  std::vector<std::byte> buffer(1 << 20);
  for (;;) {
    ASSIGN_OR_RETURN_CONTEXT(const std::size_t got, Read(file, buffer), "sign " + path);
    if (got == 0) break;
    if (::EVP_DigestSignUpdate(context.get(), buffer.data(), got) != 1)
      return OpenSslError("sign " + path);
  }
  return EndSignature(context.get());
}

}  // namespace powernode::platform

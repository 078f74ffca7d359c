#include "enroll/key.h"

#include <mbedtls/ecp.h>

#include <array>

#include "agent/base/sha256.h"
#include "enroll/mbedtls_objects.h"

namespace powernode::enroll {

Result<Secret> GenerateKey() {
  MbedKey key;
  int code = mbedtls_pk_setup(&key.value, mbedtls_pk_info_from_type(MBEDTLS_PK_ECKEY));
  if (code == 0)
    code = mbedtls_ecp_gen_key(MBEDTLS_ECP_DP_SECP256R1, mbedtls_pk_ec(key.value), MbedRandom,
                               nullptr);
  std::string pem(2048, '\0');
  if (code == 0)
    code = mbedtls_pk_write_key_pem(&key.value, reinterpret_cast<unsigned char*>(pem.data()),
                                    pem.size());
  if (code != 0) {
    Secret::Wipe(pem);
    return Error(ErrorKind::kSystem, "key_failed", "make a P-256 key: " + MbedText(code));
  }
  Secret result(std::string(pem.c_str()));
  Secret::Wipe(pem);
  return result;
}

Status CheckKey(const Secret& pem) {
  MbedKey key;
  const int code = ParsePrivateKey(key, pem);
  if (code == MBEDTLS_ERR_PK_UNKNOWN_PK_ALG)
    return Error(ErrorKind::kUnsupported, "key_algorithm_unsupported",
                 "private key: an algorithm other than ECDSA and RSA");
  if (code != 0) return Error(ErrorKind::kInvalid, "bad_key", "private key: " + MbedText(code));
  return Ok();
}

Result<std::string> PublicKeySha256(const Secret& pem) {
  MbedKey key;
  std::array<unsigned char, 1024> der{};  // written from its end
  int length = ParsePrivateKey(key, pem);
  if (length == 0) length = mbedtls_pk_write_pubkey_der(&key.value, der.data(), der.size());
  if (length < 0) return Error(ErrorKind::kInvalid, "bad_key", "public key: " + MbedText(length));
  const auto size = static_cast<std::size_t>(length);
  return Sha256Hex({reinterpret_cast<const char*>(der.data() + der.size() - size), size});
}

Result<std::string> SignText(const Secret& pem, std::string_view text) {
  MbedKey key;
  int code = ParsePrivateKey(key, pem);
  if (code == 0 && mbedtls_pk_can_do(&key.value, MBEDTLS_PK_ECDSA) == 0)
    return Error(ErrorKind::kUnsupported, "key_algorithm_unsupported",
                 "sign: the key is not an ECDSA one");
  const Sha256Bytes hash = Sha256Of(text);
  std::array<unsigned char, MBEDTLS_PK_SIGNATURE_MAX_SIZE> signature{};
  std::size_t length = 0;
  if (code == 0)
    code = mbedtls_pk_sign(&key.value, MBEDTLS_MD_SHA256, hash.data(), hash.size(),
                           signature.data(), signature.size(), &length, MbedRandom, nullptr);
  if (code != 0) return Error(ErrorKind::kInvalid, "bad_key", "sign: " + MbedText(code));
  return std::string(reinterpret_cast<const char*>(signature.data()), length);
}

}  // namespace powernode::enroll

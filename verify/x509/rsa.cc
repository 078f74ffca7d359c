#include "verify/x509/rsa.h"

#include <mbedtls/rsa.h>

#include <bit>

#include "verify/x509/der.h"
#include "verify/x509/octets.h"

namespace powernode::verify::x509 {
namespace {

constexpr unsigned kMinBits = 2048;
constexpr unsigned kMaxBits = 8192;
static_assert(kMaxBits <= MBEDTLS_MPI_MAX_BITS);

mbedtls_md_type_t MdOf(HashAlgorithm hash) {
  switch (hash) {
    case HashAlgorithm::kSha256:
      return MBEDTLS_MD_SHA256;
    case HashAlgorithm::kSha384:
      return MBEDTLS_MD_SHA384;
    case HashAlgorithm::kSha512:
      return MBEDTLS_MD_SHA512;
  }
  return MBEDTLS_MD_NONE;
}

// The library's form of a key; made anew for each signature, since it changes while it verifies.
class Context {
 public:
  explicit Context(const RsaKey& key) {
    mbedtls_rsa_init(&context_);
    ready_ = mbedtls_rsa_import_raw(&context_, Octets(key.modulus), key.modulus.size(), nullptr, 0,
                                    nullptr, 0, nullptr, 0, Octets(key.exponent),
                                    key.exponent.size()) == 0 &&
             mbedtls_rsa_complete(&context_) == 0 && mbedtls_rsa_check_pubkey(&context_) == 0;
  }
  ~Context() { mbedtls_rsa_free(&context_); }
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;

  // The library reads as many bytes of the signature as the modulus has.
  bool CanCheck(HashAlgorithm hash, std::string_view digest, std::string_view signature) const {
    return ready_ && digest.size() == DigestSize(hash) &&
           signature.size() == mbedtls_rsa_get_len(&context_);
  }
  mbedtls_rsa_context* get() { return &context_; }

 private:
  mbedtls_rsa_context context_;
  bool ready_ = false;
};

bool IsOdd(std::string_view big_endian) {
  return !big_endian.empty() && (static_cast<unsigned char>(big_endian.back()) & 1U) != 0;
}

}  // namespace

unsigned RsaKey::bits() const {
  if (modulus.empty()) return 0;
  return static_cast<unsigned>(modulus.size() - 1) * 8 +
         static_cast<unsigned>(std::bit_width(static_cast<unsigned char>(modulus.front())));
}

Result<RsaKey> ParseRsaKey(std::string_view der) {
  ASSIGN_OR_RETURN(const DerElement sequence, ReadOnlyElement(der, kDerSequence));
  DerReader reader(sequence.contents);
  ASSIGN_OR_RETURN(const std::string_view modulus, reader.ReadUnsigned());
  DerReader at_exponent = reader;
  ASSIGN_OR_RETURN(const std::uint32_t value, at_exponent.ReadSmall());
  ASSIGN_OR_RETURN(const std::string_view exponent, reader.ReadUnsigned());
  RETURN_IF_ERROR(reader.End());
  RsaKey key{.modulus = std::string(modulus), .exponent = std::string(exponent)};
  if (!IsOdd(key.modulus)) return DerError("RSA modulus is even");
  if (value < 3 || value % 2 == 0) return DerError("RSA exponent is even or 1");
  if (key.bits() < kMinBits || key.bits() > kMaxBits)
    return Error(ErrorKind::kCannotTell, "sig",
                 "RSA keys of " + std::to_string(key.bits()) + " bits are not supported");
  return key;
}

bool VerifyRsaPkcs1(const RsaKey& key, HashAlgorithm hash, std::string_view digest,
                    std::string_view signature) {
  Context context(key);
  return context.CanCheck(hash, digest, signature) &&
         mbedtls_rsa_rsassa_pkcs1_v15_verify(context.get(), MdOf(hash),
                                             static_cast<unsigned>(digest.size()), Octets(digest),
                                             Octets(signature)) == 0;
}

bool VerifyRsaPss(const RsaKey& key, HashAlgorithm hash, std::string_view digest,
                  std::string_view signature) {
  Context context(key);
  return context.CanCheck(hash, digest, signature) &&
         mbedtls_rsa_rsassa_pss_verify_ext(
             context.get(), MdOf(hash), static_cast<unsigned>(digest.size()), Octets(digest),
             MdOf(hash), static_cast<int>(digest.size()), Octets(signature)) == 0;
}

}  // namespace powernode::verify::x509

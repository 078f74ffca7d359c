#include "verify/x509/hash.h"

#include <mbedtls/sha512.h>

#include "agent/base/sha256.h"
#include "verify/x509/octets.h"

namespace powernode::verify::x509 {
namespace {

constexpr HashAlgorithm kAll[] = {HashAlgorithm::kSha256, HashAlgorithm::kSha384,
                                  HashAlgorithm::kSha512};

// The library computes both widths into 64 bytes; it cannot fail without hardware of its own.
std::string Sha512Family(std::string_view bytes, bool is_384) {
  std::string digest(64, '\0');
  mbedtls_sha512(Octets(bytes), bytes.size(), reinterpret_cast<unsigned char*>(digest.data()),
                 is_384 ? 1 : 0);
  digest.resize(is_384 ? 48 : 64);
  return digest;
}

}  // namespace

std::string Digest(HashAlgorithm algorithm, std::string_view bytes) {
  switch (algorithm) {
    case HashAlgorithm::kSha256: {
      const Sha256Bytes digest = Sha256Of(bytes);
      return {digest.begin(), digest.end()};
    }
    case HashAlgorithm::kSha384:
      return Sha512Family(bytes, true);
    case HashAlgorithm::kSha512:
      return Sha512Family(bytes, false);
  }
  return {};
}

std::size_t DigestSize(HashAlgorithm algorithm) {
  switch (algorithm) {
    case HashAlgorithm::kSha256:
      return 32;
    case HashAlgorithm::kSha384:
      return 48;
    case HashAlgorithm::kSha512:
      return 64;
  }
  return 0;
}

std::string_view HashName(HashAlgorithm algorithm) {
  switch (algorithm) {
    case HashAlgorithm::kSha256:
      return "sha256";
    case HashAlgorithm::kSha384:
      return "sha384";
    case HashAlgorithm::kSha512:
      return "sha512";
  }
  return {};
}

std::optional<HashAlgorithm> HashByName(std::string_view name) {
  for (const HashAlgorithm algorithm : kAll)
    if (HashName(algorithm) == name) return algorithm;
  return std::nullopt;
}

}  // namespace powernode::verify::x509

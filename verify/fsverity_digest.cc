#include "verify/fsverity_digest.h"

#include <algorithm>

#include "agent/base/encoding.h"
#include "agent/base/syscalls.h"
#include "verify/quoted.h"

namespace powernode::verify {
namespace {

bool HasPrefix(std::string_view text, std::string_view prefix) {
  return text.size() >= prefix.size() &&
         std::equal(prefix.begin(), prefix.end(), text.begin(), [](char want, char got) {
           return want == (got >= 'A' && got <= 'Z' ? static_cast<char>(got - 'A' + 'a') : got);
         });
}

}  // namespace

std::optional<FsVerityDigest> FsVerityDigest::FromBytes(FsVerityAlgorithm algorithm,
                                                        std::span<const std::byte> bytes) {
  if (bytes.size() != FsVerityDigestBytes(algorithm)) return std::nullopt;
  FsVerityDigest digest;
  digest.algorithm_ = algorithm;
  std::copy(bytes.begin(), bytes.end(), digest.bytes_.begin());
  return digest;
}

Result<FsVerityDigest> FsVerityDigest::Parse(std::string_view text) {
  FsVerityAlgorithm algorithm = FsVerityAlgorithm::kSha256;
  std::string_view digits = text;
  for (const FsVerityAlgorithm known : {FsVerityAlgorithm::kSha256, FsVerityAlgorithm::kSha512}) {
    const std::string prefix = std::string(FsVerityAlgorithmName(known)) + ":";
    if (!HasPrefix(text, prefix)) continue;
    algorithm = known;
    digits = text.substr(prefix.size());
  }
  const std::optional<std::string> bytes =
      digits.size() == 2 * FsVerityDigestBytes(algorithm) ? HexDecode(digits) : std::nullopt;
  const std::optional<FsVerityDigest> digest =
      bytes ? FromBytes(algorithm, AsBytes(*bytes)) : std::nullopt;
  if (!digest)
    return Error(ErrorKind::kInvalid, "bad_fsverity_digest",
                 "not an fs-verity digest (want sha256: and 64, or sha512: and 128, hexadecimal "
                 "digits): \"" +
                     std::string(text.substr(0, kQuotedAtMost)) + "\"");
  return *digest;
}

std::string FsVerityDigest::ToString() const {
  return std::string(FsVerityAlgorithmName(algorithm_)) + ":" + Hex();
}

std::string FsVerityDigest::Hex() const {
  return HexEncode({reinterpret_cast<const char*>(bytes_.data()), bytes().size()});
}

}  // namespace powernode::verify

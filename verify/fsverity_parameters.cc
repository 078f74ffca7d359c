#include "verify/fsverity_parameters.h"

#include <algorithm>
#include <string>

namespace powernode::verify {

std::string_view FsVerityAlgorithmName(FsVerityAlgorithm algorithm) {
  switch (algorithm) {
    case FsVerityAlgorithm::kSha256:
      return "sha256";
    case FsVerityAlgorithm::kSha512:
      return "sha512";
  }
  return "";
}

std::size_t FsVerityDigestBytes(FsVerityAlgorithm algorithm) {
  switch (algorithm) {
    case FsVerityAlgorithm::kSha256:
      return 32;
    case FsVerityAlgorithm::kSha512:
      return 64;
  }
  return 0;
}

Result<FsVeritySalt> FsVeritySalt::Of(std::span<const std::byte> bytes) {
  if (bytes.size() > kMaxBytes)
    return Error(ErrorKind::kInvalid, "bad_salt",
                 "an fs-verity salt has at most " + std::to_string(kMaxBytes) + " bytes, not " +
                     std::to_string(bytes.size()));
  FsVeritySalt salt;
  std::copy(bytes.begin(), bytes.end(), salt.bytes_.begin());
  salt.size_ = bytes.size();
  return salt;
}

}  // namespace powernode::verify

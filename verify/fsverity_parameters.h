// What an fs-verity digest depends on beside the bytes: the algorithm, the block size (4,096 bytes
// here, always) and a salt (kernel document filesystems/fsverity.rst, "Merkle tree").
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "agent/base/result.h"

namespace powernode::verify {

inline constexpr std::size_t kFsVerityBlockBytes = 4096;

// The kernel's numbers (FS_VERITY_HASH_ALG_*).
enum class FsVerityAlgorithm : std::uint8_t {
  kSha256 = 1,
  kSha512 = 2,
};

std::string_view FsVerityAlgorithmName(FsVerityAlgorithm algorithm);  // "sha256", "sha512"
std::size_t FsVerityDigestBytes(FsVerityAlgorithm algorithm);         // 32, 64

class FsVeritySalt {
 public:
  static constexpr std::size_t kMaxBytes = 32;

  FsVeritySalt() = default;  // none
  // kInvalid "bad_salt" when longer than kMaxBytes.
  static Result<FsVeritySalt> Of(std::span<const std::byte> bytes);

  std::span<const std::byte> bytes() const { return std::span(bytes_).first(size_); }

 private:
  std::array<std::byte, kMaxBytes> bytes_{};
  std::size_t size_ = 0;
};

struct FsVerityParameters {
  FsVerityAlgorithm algorithm = FsVerityAlgorithm::kSha256;
  FsVeritySalt salt = {};
};

}  // namespace powernode::verify

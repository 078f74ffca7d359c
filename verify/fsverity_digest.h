// The fs-verity digest of a file, as computed here or measured by the kernel. It says nothing of
// what the file is; that is what ImageVerity and ObjectVerity add (verity_identity.h).
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "agent/base/result.h"
#include "verify/fsverity_parameters.h"

namespace powernode::verify {

class FsVerityDigest {
 public:
  // nullopt unless `bytes` is as long as the algorithm's digests are.
  static std::optional<FsVerityDigest> FromBytes(FsVerityAlgorithm algorithm,
                                                 std::span<const std::byte> bytes);
  // "sha256:" or "sha512:" and the digits, or 64 digits alone (SHA-256), any case.
  // kInvalid "bad_fsverity_digest".
  static Result<FsVerityDigest> Parse(std::string_view text);

  std::string ToString() const;  // "sha256:<64 lower-case hex>", as fsverity(1) prints it
  std::string Hex() const;       // the digits
  FsVerityAlgorithm algorithm() const { return algorithm_; }
  std::span<const std::byte> bytes() const {
    return std::span(bytes_).first(FsVerityDigestBytes(algorithm_));
  }

  auto operator<=>(const FsVerityDigest&) const = default;

 private:
  FsVerityDigest() = default;

  FsVerityAlgorithm algorithm_ = FsVerityAlgorithm::kSha256;
  std::array<std::byte, 64> bytes_{};
};

}  // namespace powernode::verify

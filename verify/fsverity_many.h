// The fs-verity digests of many small files at once: SHA-256, no salt. A small file by itself has
// too few blocks to fill the lanes of the engine, and three or four hashes that wait for one
// another; so the blocks of all files are hashed together, then those of their trees' next level,
// at last their descriptors.
//
// Immutable after construction, so threads may share it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "verify/fsverity_digest.h"
#include "verify/sha256.h"

namespace powernode::verify {

class FsVerityMany {
 public:
  explicit FsVerityMany(const Sha256Engine& engine = DefaultSha256Engine()) : hash_(engine) {}

  // One digest a file, in order. Preconditions: `files` holds them one after another, each padded
  // with zeros to whole blocks; `sizes`, in bytes before padding, are above 0 and say where each
  // begins.
  std::vector<FsVerityDigest> Hash(std::span<const std::byte> files,
                                   std::span<const std::uint64_t> sizes) const;

 private:
  std::vector<Sha256Bytes> HashEach(std::span<const std::byte> pieces,
                                    std::size_t piece_bytes) const;
  std::vector<Sha256Bytes> Roots(std::span<const std::byte> files,
                                 std::vector<std::size_t> blocks) const;

  Sha256 hash_;  // of nothing yet
};

}  // namespace powernode::verify

// The fs-verity digest of a stream (kernel document filesystems/fsverity.rst), byte for byte what
// FS_IOC_MEASURE_VERITY and fsverity(1) give. The file's blocks are hashed; the digests, packed
// into blocks, are hashed again, until one block is left; its digest and the file's size go into a
// descriptor, whose hash is the file's digest.
//
// The levels of that tree grow from the left as the stream comes, so that what is kept is one batch
// of blocks a level: 64 KiB each, nine levels for the largest stream there can be.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "verify/fsverity_blocks.h"

namespace powernode::verify {

class FsVerityHash {
 public:
  explicit FsVerityHash(const FsVerityParameters& parameters = {},
                        const Sha256Engine& engine = DefaultSha256Engine());

  void Update(std::span<const std::byte> bytes);

  // For several threads: the next `bytes` bytes of the stream, whose blocks were hashed elsewhere
  // (FsVerityBlocks with the same parameters; the last block, if short, padded with zeros).
  // Precondition: not mixed with Update; `bytes` is whole blocks, save at the end of the stream.
  void UpdateHashed(std::span<const std::byte> digests, std::uint64_t bytes);

  // Ends the stream; the object may only be destroyed or assigned to afterwards.
  FsVerityDigest Finish();

 private:
  // 2^64 bytes are 2^52 blocks; each level has at most a 64th of the blocks of the one below.
  static constexpr std::size_t kMaxLevels = 10;

  struct Level {
    std::vector<std::byte> pending;  // not hashed yet
    std::uint64_t blocks = 0;        // hashed
  };

  void Add(std::size_t level, std::span<const std::byte> bytes);
  void HashBlocks(std::size_t level, std::span<const std::byte> blocks);
  std::vector<std::byte> FinishRoot();

  FsVerityBlocks blocks_;
  std::array<Level, kMaxLevels> levels_;  // level 0 is the stream itself
  std::uint64_t size_ = 0;                // bytes
};

}  // namespace powernode::verify

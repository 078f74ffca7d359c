// SHA-256 (FIPS 180-4) for bulk: files, downloads, Merkle trees. One stream, or very many equal
// blocks at once. For a short text the function of agent/base/sha256.h does.
//
// A value: a copy goes on from where the original was.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "agent/base/sha256.h"
#include "verify/sha256_engine.h"

namespace powernode::verify {

class Sha256 {
 public:
  explicit Sha256(const Sha256Engine& engine = DefaultSha256Engine()) : engine_(engine) {}

  void Update(std::span<const std::byte> bytes);
  // Ends the stream; the object may only be destroyed or assigned to afterwards.
  Sha256Bytes Finish();
  std::string FinishHex();

  // Cuts `blocks` into pieces of `block_bytes` and gives, for each, the digest of this stream
  // followed by that piece. Preconditions: the stream so far and block_bytes are multiples of 64
  // bytes, `blocks` is a multiple of block_bytes, and `digests` has room for one each.
  void FinishEach(std::span<const std::byte> blocks, std::size_t block_bytes,
                  std::span<Sha256Bytes> digests) const;

 private:
  Sha256Engine engine_;
  Sha256State state_{{0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c,
                      0x1f83d9ab, 0x5be0cd19}};  // FIPS 180-4 §5.3.3
  std::uint64_t length_ = 0;                     // bytes
  std::array<std::byte, kSha256BlockBytes> pending_{};
};

}  // namespace powernode::verify

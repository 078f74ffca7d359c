// The digests of 4,096-byte blocks as fs-verity takes them: each block follows the salt, padded
// with zeros to the algorithm's own block. SHA-256 hashes many blocks at once (verify/sha256.h).
// SHA-512 exists for digests that others chose, and takes mbedTLS's portable code.
//
// Immutable after construction, so threads may share it.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "verify/fsverity_digest.h"
#include "verify/sha256.h"

namespace powernode::verify {

class FsVerityBlocks {
 public:
  explicit FsVerityBlocks(const FsVerityParameters& parameters,
                          const Sha256Engine& engine = DefaultSha256Engine());

  // Appends one digest per block. Precondition: `blocks` is a multiple of kFsVerityBlockBytes.
  void Hash(std::span<const std::byte> blocks, std::vector<std::byte>& digests) const;

  // The digest of the whole of `bytes`, without salt: what fs-verity does with its descriptor.
  FsVerityDigest HashUnsalted(std::span<const std::byte> bytes) const;

  const FsVerityParameters& parameters() const { return parameters_; }

 private:
  FsVerityParameters parameters_;
  Sha256 unsalted_;
  Sha256 salted_;                       // holds the padded salt
  std::vector<std::byte> padded_salt_;  // for SHA-512
};

}  // namespace powernode::verify

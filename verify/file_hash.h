// Both digests of one stream in one pass: the SHA-256 that names a blob, and the fs-verity digest
// that the kernel will enforce.
#pragma once

#include <cstddef>
#include <span>

#include "verify/blob_digest.h"
#include "verify/fsverity_hash.h"
#include "verify/sha256.h"

namespace powernode::verify {

struct FileDigests {
  BlobDigest blob;
  FsVerityDigest fsverity;  // SHA-256, without salt
};

class FileHash {
 public:
  void Update(std::span<const std::byte> bytes) {
    blob_.Update(bytes);
    fsverity_.Update(bytes);
  }
  // Ends the stream; the object may only be destroyed or assigned to afterwards.
  FileDigests Finish() { return {BlobDigest(blob_.Finish()), fsverity_.Finish()}; }

 private:
  Sha256 blob_;
  FsVerityHash fsverity_;
};

}  // namespace powernode::verify

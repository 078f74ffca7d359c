// What is in the blob store and among the downloads that are not finished, with sizes and ages.
// Names only; StoreCheck reads the bytes.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "agent/base/paths.h"
#include "agent/base/result.h"
#include "verify/blob_digest.h"

namespace powernode::mount {

struct StoredBlob {
  verify::BlobDigest digest;
  std::uint64_t size = 0;       // bytes
  std::int64_t mtime = 0;       // seconds since 1970: when it came
  std::uint64_t allocated = 0;  // bytes on the disk, with its signature
};

struct BlobListing {
  std::vector<StoredBlob> blobs;     // by digest
  std::vector<std::string> foreign;  // other names, sorted; a signature without its blob is one
};

// Files of one download: what has come, and what is known about it.
struct PartialDownload {
  std::vector<std::string> names;  // in $C/partial
  std::int64_t mtime = 0;          // of the youngest
  std::uint64_t allocated = 0;
};

// A directory that does not exist is empty. An entry that vanishes meanwhile is passed over.
Result<BlobListing> ListBlobs(const Paths& paths);
Result<std::vector<PartialDownload>> ListPartials(const Paths& paths);

}  // namespace powernode::mount

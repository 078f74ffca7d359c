// The whole module store, each file's bytes held against its name: objects by fs-verity digest,
// blobs by SHA-256. A file that the kernel holds to a digest is read too, since that is when the
// kernel looks. "Its bytes are others" and "it could not be read" are kept apart.
#pragma once

#include <cstddef>
#include <cstdint>
#include <stop_token>
#include <string>
#include <vector>

#include "agent/base/paths.h"
#include "agent/base/result.h"

namespace powernode::mount {

struct StoredFiles {
  std::uint64_t count = 0;
  std::uint64_t bytes = 0;
};

// What can be told without reading a file.
struct StoreContents {
  StoredFiles objects;
  StoredFiles blobs;
  std::uint64_t allocated = 0;         // bytes on the disk: objects, blobs and partial downloads
  std::vector<std::string> leftovers;  // of batches and downloads that may have been cut off
  std::vector<std::string> foreign;    // nobody's names
};
Result<StoreContents> LookIntoStore(const Paths& paths);

struct StoreProblem {
  std::string name;    // below the cache directory: "objects/ab/cd…", "blobs/sha256_…"
  std::string detail;  // what was found
};

struct StoreCheck {
  std::uint64_t enforced = 0;  // objects that the kernel holds to their digest
  std::vector<StoreProblem> damaged;
  std::vector<StoreProblem> unreadable;
};
// `threads`: 1..verify::kMaxMeasureThreads. A file that is gone when its turn comes is passed over.
// kUnavailable "cancelled".
Result<StoreCheck> CheckStore(const Paths& paths, std::size_t threads, std::stop_token stop);

}  // namespace powernode::mount

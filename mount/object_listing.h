// Everything that is in an object store, sorted by what it is: objects, what batches that were cut
// off have left, and names that are nobody's. Names and sizes only; StoreCheck reads the bytes.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "agent/base/result.h"
#include "mount/object_store.h"

namespace powernode::mount {

// Batches keep their temporary names in directories of the store that begin with this.
inline constexpr std::string_view kIncomingPrefix = ".incoming-";

struct StoredObject {
  NeededObject object;
  std::int64_t mtime = 0;       // seconds since 1970: when it was written
  std::uint64_t allocated = 0;  // bytes on the disk
};

struct ObjectListing {
  std::vector<StoredObject> objects;  // by digest
  std::vector<std::string> incoming;  // directories of batches, alive or cut off; in the store
  std::vector<std::string> foreign;   // other names, relative to the store, sorted
};

// A store that does not exist is empty. An entry that vanishes meanwhile is passed over.
Result<ObjectListing> ListStore(const ObjectStore& store);

}  // namespace powernode::mount

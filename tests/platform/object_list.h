// Which objects a published composefs image needs, and their sizes: DIR/object-lists/<sha256 of the
// image>, a line "<64 hexadecimal digits> <20 digits>" each, sorted. Lines of one length make a
// look-up a binary search in the file, so that thousands of objects weigh on neither state.json nor
// memory.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "agent/base/fd.h"
#include "agent/base/result.h"
#include "tests/platform/state_directory.h"

namespace powernode::platform {

struct ListedObject {
  std::string digest;  // 64 hexadecimal digits: fs-verity of its bytes
  std::uint64_t size = 0;

  auto operator<=>(const ListedObject&) const = default;
};

// Sorts and drops what is there twice.
Status WriteObjectList(const StateDirectory& directory, const std::string& blob_digest,
                       std::vector<ListedObject> objects);

class ObjectList {
 public:
  // kNotFound: the blob is no composefs image, or is not published.
  static Result<ObjectList> Open(const StateDirectory& directory, const std::string& blob_digest);

  Result<std::optional<ListedObject>> Find(const std::string& digest) const;
  Result<std::vector<ListedObject>> All() const;

 private:
  ObjectList(Fd file, std::uint64_t count) : file_(std::move(file)), count_(count) {}
  Result<ListedObject> At(std::uint64_t index) const;

  Fd file_;
  std::uint64_t count_;
};

}  // namespace powernode::platform

// A composefs object that is not whole yet: $C/partial/object_<hex>.part, so that a transfer that
// breaks off at any byte goes on from there, also after a power cut. Nothing vouches for the bytes:
// they are measured when they go from here into the store.
//
// One owner at a time (flock(2)). Whoever comes second gets a part without a name, which is as good
// and is not kept.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "agent/base/fd.h"
#include "agent/base/result.h"
#include "mount/object_batch.h"
#include "mount/object_store.h"

namespace powernode::mount {

class ObjectPart {
 public:
  // `directory` exists. A part that is longer than the object is emptied.
  static Result<ObjectPart> Open(const std::string& directory, const NeededObject& object);

  std::uint64_t size() const { return size_; }  // bytes that are here

  Status Append(std::span<const std::byte> bytes);
  Status Clear();
  Status CopyTo(ObjectBatch::Writer& writer) const;

  // The file goes; best effort, as a part that stays costs space until it is collected.
  void Remove();

 private:
  ObjectPart(Fd fd, std::string path) : fd_(std::move(fd)), path_(std::move(path)) {}

  Fd fd_;
  std::string path_;  // empty: it has no name
  std::uint64_t size_ = 0;
};

}  // namespace powernode::mount

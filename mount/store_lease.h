// Who brings blobs and objects here, and who takes them away, must not meet ($C/locks/store). A
// pull holds the lease shared from before it looks what is missing until what it brought is
// referenced by a record or a mount; garbage collection holds it alone, and only tries: while
// somebody pulls, nothing is collected.
#pragma once

#include <string_view>

#include "agent/base/lock_file.h"
#include "agent/base/paths.h"
#include "agent/base/result.h"

namespace powernode::mount {

class StoreLease {
 public:
  // Waits for a collection to end, five minutes at most. kBusy "locked".
  static Result<StoreLease> ToPull(const Paths& paths, std::string_view purpose);
  // kBusy "locked" at once, naming who came last.
  static Result<StoreLease> ToCollect(const Paths& paths);

 private:
  explicit StoreLease(LockFile lock) : lock_(std::move(lock)) {}
  LockFile lock_;
};

}  // namespace powernode::mount

// An flock(2) on a lock file of its own (node-files.md §7, L1-L5). The holder's pid, start time and
// purpose stand in the file, so that who waits can name who holds. A dead holder's lock is free:
// the kernel sees to it. Of a shared lock's holders the file names the one that came last.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "agent/base/fd.h"
#include "agent/base/result.h"

namespace powernode {

enum class LockMode {
  kExclusive,
  kShared,  // beside other shared ones
};

class LockFile {
 public:
  // Waits up to `patience` (zero: only tries). kBusy "locked" names the holder. The directory must
  // exist.
  static Result<LockFile> Take(const std::string& path, std::string_view purpose,
                               std::chrono::milliseconds patience,
                               LockMode mode = LockMode::kExclusive);

 private:
  explicit LockFile(Fd fd) : fd_(std::move(fd)) {}
  Fd fd_;
};

}  // namespace powernode

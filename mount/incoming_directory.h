// Where one batch of objects keeps what has no name yet: $C/objects/.incoming-<pid>-<random>, on
// the store's own file system, so that a rename is enough. The batch holds an flock(2) on the
// directory: without one, whoever made it is dead.
#pragma once

#include <string>

#include "agent/base/fd.h"
#include "agent/base/result.h"
#include "mount/object_store.h"

namespace powernode::mount {

class IncomingDirectory {
 public:
  static Result<IncomingDirectory> Make(const ObjectStore& store);

  // Those of batches that died. One that cannot be removed stays for the next time: it costs space,
  // and no download may wait for it.
  static void RemoveAbandoned(const ObjectStore& store);

  IncomingDirectory(IncomingDirectory&&) noexcept = default;
  IncomingDirectory& operator=(IncomingDirectory&&) = delete;
  ~IncomingDirectory();

  const Fd& fd() const { return fd_; }
  std::string PathOf(const std::string& name) const;  // of what is in it
  Status Remove(const std::string& name) const;       // a file in it

 private:
  IncomingDirectory(std::string path, Fd fd) : path_(std::move(path)), fd_(std::move(fd)) {}

  std::string path_;
  Fd fd_;  // locked
};

}  // namespace powernode::mount

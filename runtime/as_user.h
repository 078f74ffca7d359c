// This thread's accesses to files as another user's, for as long as the object lives: what that
// user may not read or write, root does not do for them either (node-files.md §7, W2). Through the
// file system ids of credentials(7), which are a thread's own; the kernel takes the capabilities
// over files away with them.
#pragma once

#include <sys/types.h>

#include <vector>

#include "agent/base/result.h"

namespace powernode::runtime {

class AsUser {
 public:
  // kDenied "not_root": an unprivileged agent is nobody but itself.
  static Result<AsUser> Become(uid_t user, gid_t group);

  AsUser(AsUser&& other) noexcept;
  AsUser& operator=(AsUser&&) = delete;
  ~AsUser();

 private:
  AsUser() = default;

  std::vector<gid_t> groups_;  // root's, to come back to
  bool changed_ = false;
};

}  // namespace powernode::runtime

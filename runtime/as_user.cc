#include "runtime/as_user.h"

#include <grp.h>
#include <sys/fsuid.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <utility>

namespace powernode::runtime {
namespace {

// Neither call reports an error; an invalid id changes nothing and returns the one in force.
bool SetIds(uid_t user, gid_t group) {
  ::setfsgid(group);
  ::setfsuid(user);
  return static_cast<gid_t>(::setfsgid(static_cast<gid_t>(-1))) == group &&
         static_cast<uid_t>(::setfsuid(static_cast<uid_t>(-1))) == user;
}

// The system call's, of this thread: glibc's function is for all threads.
bool SetGroups(const std::vector<gid_t>& groups) {
  return ::syscall(SYS_setgroups, groups.size(), groups.data()) == 0;
}

}  // namespace

AsUser::AsUser(AsUser&& other) noexcept
    : groups_(std::move(other.groups_)), changed_(std::exchange(other.changed_, false)) {}

Result<AsUser> AsUser::Become(uid_t user, gid_t group) {
  AsUser self;
  if (user == ::geteuid()) return self;
  if (::geteuid() != 0)
    return Error(ErrorKind::kDenied, "not_root", "only root can act as another user");
  const int count = ::getgroups(0, nullptr);
  if (count < 0) return SystemError("read the groups", errno);
  self.groups_.resize(static_cast<std::size_t>(count));
  if (::getgroups(count, self.groups_.data()) != count)
    return SystemError("read the groups", errno);
  self.changed_ = true;  // from here the destructor goes back
  if (!SetGroups({}) || !SetIds(user, group))
    return Error(ErrorKind::kSystem, "not_that_user",
                 "act as user " + std::to_string(user) + ": the kernel did not change the ids");
  return self;
}

AsUser::~AsUser() {
  if (!changed_) return;
  // A thread that is not root any more must not go on as if it were.
  if (!SetIds(::geteuid(), ::getegid()) || !SetGroups(groups_)) std::abort();
}

}  // namespace powernode::runtime

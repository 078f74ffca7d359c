#include "runtime/owned_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

#include "agent/base/random.h"
#include "agent/base/syscalls.h"

namespace powernode::runtime {

Status ReplaceFileAt(const Fd& directory, const std::string& name, std::string_view content,
                     const Ownership& ownership) {
  const std::string temporary = "." + name + "." + std::to_string(::getpid()) + "." + RandomHex(6);
  const auto replace = [&]() -> Status {
    ASSIGN_OR_RETURN(const Fd fd,
                     OpenAt(directory, temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0600));
    if (::fchown(fd.get(), ownership.user, ownership.group) < 0)
      return SystemError("change the owner of " + temporary, errno);
    if (::fchmod(fd.get(), ownership.mode) < 0)
      return SystemError("change the mode of " + temporary, errno);
    RETURN_IF_ERROR(WriteAll(fd, AsBytes(content)));
    RETURN_IF_ERROR(Fsync(fd));
    if (::renameat(directory.get(), temporary.c_str(), directory.get(), name.c_str()) < 0)
      return SystemError("rename " + temporary, errno);
    return Ok();
  };
  if (Status replaced = replace(); !replaced) {
    (void)::unlinkat(directory.get(), temporary.c_str(), 0);
    return std::move(replaced).error().WithContext("write " + name);
  }
  return Fsync(directory);
}

}  // namespace powernode::runtime

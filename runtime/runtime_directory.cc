#include "runtime/runtime_directory.h"

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/sendfile.h>
#include <sys/vfs.h>

#include <cerrno>

#include "agent/base/files.h"
#include "agent/base/syscalls.h"

namespace powernode::runtime {
namespace {

constexpr long kTmpfsMagic = 0x01021994;  // statfs(2)

bool IsOwnTmpfs(const std::string& path) {
  struct statfs info {};
  const Result<struct stat> self = Lstat(path);
  const Result<struct stat> parent = Lstat(DirectoryOf(path));
  return self && parent && self->st_dev != parent->st_dev && ::statfs(path.c_str(), &info) == 0 &&
         info.f_type == kTmpfsMagic;
}

}  // namespace

Status MountRuntimeDirectory(const Paths& paths) {
  RETURN_IF_ERROR(MakeDirectories(paths.run, 0755));
  if (IsOwnTmpfs(paths.run)) return Ok();
  if (::mount("powernode", paths.run.c_str(), "tmpfs", MS_NOSUID | MS_NODEV, "mode=0755,size=64m") <
      0)
    return SystemError("mount tmpfs at " + paths.run, errno);
  return Ok();
}

Status MakeRuntimeDirectory(const Paths& paths) { return MakeDirectories(paths.run, 0755); }

Status InstallRunBinary(const Paths& paths) {
  RETURN_IF_ERROR(MakeDirectories(DirectoryOf(paths.run_binary), 0755));
  ASSIGN_OR_RETURN(const Fd source, Open("/proc/self/exe", O_RDONLY));
  ASSIGN_OR_RETURN(const struct stat info, Fstat(source));
  if (const Result<struct stat> present = Stat(paths.run_binary);
      present && present->st_dev == info.st_dev && present->st_ino == info.st_ino)
    return Ok();  // we are that copy
  const std::string temporary = paths.run_binary + ".new";
  ASSIGN_OR_RETURN(const Fd target,
                   Open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, 0755));
  for (off_t offset = 0; offset < info.st_size;) {
    const ssize_t sent = ::sendfile(target.get(), source.get(), &offset,
                                    static_cast<std::size_t>(info.st_size - offset));
    if (sent < 0 && errno != EINTR) return SystemError("copy the agent to " + temporary, errno);
    if (sent == 0) return SystemError("copy the agent to " + temporary, EIO);
  }
  return Rename(temporary, paths.run_binary);
}

}  // namespace powernode::runtime

#include "mount/mount_api.h"

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <utility>

namespace powernode::mount {
namespace {

constexpr unsigned kBeneath = 0x200;  // MOVE_MOUNT_BENEATH, which Debian 12's headers lack

Error MountError(const std::string& what, int saved_errno) {
  const Error system = SystemError(what, saved_errno);
  Error error(system.kind(), "mount_failed", system.message());
  error.set_system_errno(saved_errno);
  return error;
}

// Each read takes one message, "e text" for an error, "w text" for a warning; ENODATA ends them.
std::string KernelMessages(const Fd& context) {
  std::string all;
  std::array<char, 512> buffer;
  while (true) {
    const ssize_t count = ::read(context.get(), buffer.data(), buffer.size());
    if (count <= 0) return all;
    std::string_view message(buffer.data(), static_cast<std::size_t>(count));
    if (message.size() > 2 && message[1] == ' ') message.remove_prefix(2);
    while (message.ends_with('\n')) message.remove_suffix(1);
    if (!all.empty()) all += "; ";
    all += message;
  }
}

}  // namespace

Result<FsContext> FsContext::Open(const std::string& fs_type) {
  Fd fd(::fsopen(fs_type.c_str(), FSOPEN_CLOEXEC));
  if (fd.valid()) return FsContext(std::move(fd), fs_type);
  if (errno == ENODEV)
    return Error(ErrorKind::kUnsupported, "kernel_feature_missing",
                 "this kernel has no " + fs_type + " file system");
  return MountError("fsopen " + fs_type, errno);
}

Error FsContext::Failed(std::string_view step, int saved_errno) const {
  Error error = MountError(fs_type_ + ": " + std::string(step), saved_errno);
  const std::string words = KernelMessages(fd_);
  if (words.empty()) return error;
  Error full(error.kind(), error.code(), error.message() + " (kernel: " + words + ")");
  full.set_system_errno(saved_errno);
  return full;
}

Status FsContext::SetFlag(const char* key) {
  if (::fsconfig(fd_.get(), FSCONFIG_SET_FLAG, key, nullptr, 0) < 0)
    return Failed(std::string("set ") + key, errno);
  return Ok();
}

Status FsContext::SetString(const char* key, const std::string& value) {
  if (::fsconfig(fd_.get(), FSCONFIG_SET_STRING, key, value.c_str(), 0) < 0)
    return Failed(std::string("set ") + key + "=" + value, errno);
  return Ok();
}

Status FsContext::Create() {
  if (::fsconfig(fd_.get(), FSCONFIG_CMD_CREATE, nullptr, nullptr, 0) < 0)
    return Failed("create", errno);
  return Ok();
}

Result<Fd> FsContext::Mount(unsigned attributes) {
  Fd mount(::fsmount(fd_.get(), FSMOUNT_CLOEXEC, attributes));
  if (!mount.valid()) return Failed("fsmount", errno);
  return mount;
}

Status AttachMount(const Fd& mount, const std::string& target) {
  if (::move_mount(mount.get(), "", AT_FDCWD, target.c_str(), MOVE_MOUNT_F_EMPTY_PATH) < 0)
    return MountError("attach to " + target, errno);
  return Ok();
}

Status MoveMount(const std::string& from, const std::string& target) {
  if (::move_mount(AT_FDCWD, from.c_str(), AT_FDCWD, target.c_str(), 0) < 0)
    return MountError("move " + from + " to " + target, errno);
  return Ok();
}

Status MoveMountBeneath(const std::string& from, const std::string& target) {
  if (::move_mount(AT_FDCWD, from.c_str(), AT_FDCWD, target.c_str(), kBeneath) < 0)
    return MountError("move " + from + " beneath the mount at " + target, errno);
  return Ok();
}

// The flags are looked at before the descriptors, of which these are none.
bool KnowsMountBeneath() {
  constexpr int kNone = -1;
  return ::move_mount(kNone, "", kNone, "",
                      MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH | kBeneath) < 0 &&
         errno == EBADF;
}

Status BindOnItself(const std::string& directory) {
  if (::mount(directory.c_str(), directory.c_str(), nullptr, MS_BIND, nullptr) < 0)
    return MountError("make " + directory + " a mount point", errno);
  return Ok();
}

Status MountWithOptions(const std::string& fs_type, const std::string& source,
                        const std::string& target, const std::string& options) {
  if (::mount(source.c_str(), target.c_str(), fs_type.c_str(), 0, options.c_str()) == 0)
    return Ok();
  const int saved = errno;
  if (saved == ENODEV)
    return Error(ErrorKind::kUnsupported, "kernel_feature_missing",
                 "this kernel has no " + fs_type + " file system");
  return MountError(fs_type + ": mount (the kernel log may say more)", saved);
}

Status MakePrivate(const std::string& path) {
  if (::mount(nullptr, path.c_str(), nullptr, MS_PRIVATE, nullptr) < 0)
    return MountError("make private " + path, errno);
  return Ok();
}

Status Unmount(const std::string& path) {
  if (::umount2(path.c_str(), UMOUNT_NOFOLLOW) < 0) return MountError("unmount " + path, errno);
  return Ok();
}

Result<std::uint64_t> MountIdOf(const std::string& path) {
  struct statx info {};
  if (::statx(AT_FDCWD, path.c_str(), AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT, STATX_MNT_ID, &info) <
      0)
    return MountError("stat " + path, errno);
  if ((info.stx_mask & STATX_MNT_ID) == 0)
    return Error(ErrorKind::kUnsupported, "kernel_feature_missing", "mount ids need Linux 5.8");
  return info.stx_mnt_id;
}

}  // namespace powernode::mount

// The kernel's mount interface (fsopen(2), fsconfig(2), fsmount(2), move_mount(2), Linux 5.2): thin
// wrappers, no policy. What the kernel wrote into the file system context ("erofs: cannot find
// valid erofs superblock") stands in the error, whose code is "mount_failed".
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "agent/base/fd.h"
#include "agent/base/result.h"

namespace powernode::mount {

// A file system being configured: fsopen, then Set*, Create, Mount.
class FsContext {
 public:
  // kUnsupported when the kernel does not know the type and cannot load it.
  static Result<FsContext> Open(const std::string& fs_type);

  Status SetFlag(const char* key);
  Status SetString(const char* key,
                   const std::string& value);  // at most 255 bytes: the kernel's limit
  Status Create();
  // A mount that is attached nowhere yet. `attributes`: MOUNT_ATTR_*.
  Result<Fd> Mount(unsigned attributes);

 private:
  FsContext(Fd fd, std::string fs_type) : fd_(std::move(fd)), fs_type_(std::move(fs_type)) {}
  Error Failed(std::string_view step, int saved_errno) const;

  Fd fd_;
  std::string fs_type_;
};

// Attaches a detached mount, or moves an attached one; the mount it is moved away from must not be
// shared.
Status AttachMount(const Fd& mount, const std::string& target);
Status MoveMount(const std::string& from, const std::string& target);

// Slides the mount at `from` beneath the topmost one at `target` (Linux 6.5): it shows when that
// one goes. Does the kernel know how?
Status MoveMountBeneath(const std::string& from, const std::string& target);
bool KnowsMountBeneath();

// Makes the directory a mount point of itself.
Status BindOnItself(const std::string& directory);

// mount(2), for lists that do not fit fsconfig's 255 bytes on kernels without a better way.
Status MountWithOptions(const std::string& fs_type, const std::string& source,
                        const std::string& target, const std::string& options);

// Makes the mount at `path` private: nothing below it is propagated, and it may be moved away.
Status MakePrivate(const std::string& path);

// The topmost mount at `path`, never lazily, never through a symbolic link.
Status Unmount(const std::string& path);

// The kernel's id of the mount that `path` is on (STATX_MNT_ID, Linux 5.8): the first field of
// mountinfo.
Result<std::uint64_t> MountIdOf(const std::string& path);

}  // namespace powernode::mount

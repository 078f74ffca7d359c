#include "runtime/disk_look.h"

#include <sys/mount.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "agent/base/files.h"
#include "agent/base/syscalls.h"

namespace powernode::runtime {

Status LookInto(const Paths& paths, const BlockFilesystem& filesystem,
                const std::function<void(const std::string& directory)>& use) {
  // Named after the process: `introspect` may look while the service does.
  const std::string directory = paths.run + "/look-" + std::to_string(::getpid());
  RETURN_IF_ERROR(MakeDirectories(directory, 0700));
  if (::mount(filesystem.device.c_str(), directory.c_str(), filesystem.type.c_str(),
              MS_RDONLY | MS_NODEV | MS_NOSUID | MS_NOEXEC, nullptr) < 0) {
    const int saved = errno;
    (void)Rmdir(directory);
    return SystemError("mount " + filesystem.device + " (" + filesystem.type + ")", saved);
  }
  use(directory);
  if (::umount2(directory.c_str(), UMOUNT_NOFOLLOW) < 0)
    return SystemError("unmount " + directory, errno);
  return Rmdir(directory);
}

identity::DiskReader DiskReaderOf(
    const Paths& paths, const BlockFilesystem* (*choose)(const std::vector<BlockFilesystem>& all),
    Error none) {
  return [paths, choose, none = std::move(none)](
             const std::function<void(const std::string& directory)>& use) -> Status {
    const std::vector<BlockFilesystem> all = ScanBlockFilesystems(paths);
    const BlockFilesystem* chosen = choose(all);
    if (chosen == nullptr) return none;
    return LookInto(paths, *chosen, use);
  };
}

}  // namespace powernode::runtime

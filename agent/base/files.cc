#include "agent/base/files.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <memory>

#include "agent/base/random.h"
#include "agent/base/syscalls.h"

namespace powernode {
namespace {

struct CloseDirectory {
  void operator()(DIR* directory) const { ::closedir(directory); }
};
using Directory = std::unique_ptr<DIR, CloseDirectory>;

Result<std::vector<std::string>> ListOpened(Fd fd, const std::string& path) {
  Directory directory(::fdopendir(fd.get()));
  if (!directory) return SystemError("list " + path, errno);
  (void)fd.Release();  // now owned by the DIR
  std::vector<std::string> names;
  for (;;) {
    errno = 0;
    const dirent* entry = ::readdir(directory.get());
    if (entry == nullptr) break;
    const std::string_view name = entry->d_name;
    if (name != "." && name != "..") names.emplace_back(name);
  }
  if (errno != 0) return SystemError("list " + path, errno);
  std::sort(names.begin(), names.end());
  return names;
}

// A mount point of any kind, also a bind mount of the same file system. STATX_ATTR_MOUNT_ROOT:
// Linux 5.8; below it, the device number tells all but those.
bool IsMountPoint(const struct statx& info, const struct statx& parent) {
  if ((info.stx_attributes_mask & STATX_ATTR_MOUNT_ROOT) != 0)
    return (info.stx_attributes & STATX_ATTR_MOUNT_ROOT) != 0;
  return info.stx_dev_major != parent.stx_dev_major || info.stx_dev_minor != parent.stx_dev_minor;
}

Status RemoveEntry(const Fd& parent, const std::string& name) {
  struct statx info {};
  if (::statx(parent.get(), name.c_str(), AT_SYMLINK_NOFOLLOW, STATX_TYPE, &info) < 0) {
    if (errno == ENOENT) return Ok();
    return SystemError("stat " + name, errno);
  }
  if (!S_ISDIR(info.stx_mode)) {
    if (::unlinkat(parent.get(), name.c_str(), 0) < 0) return SystemError("remove " + name, errno);
    return Ok();
  }
  struct statx above {};
  if (::statx(parent.get(), "", AT_EMPTY_PATH, STATX_TYPE, &above) < 0)
    return SystemError("stat the directory of " + name, errno);
  if (IsMountPoint(info, above))
    return Error(ErrorKind::kRefused, "other_file_system", name + " is on another file system");
  ASSIGN_OR_RETURN(Fd self, OpenAt(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW));
  ASSIGN_OR_RETURN(Fd listing, OpenAt(self, ".", O_RDONLY | O_DIRECTORY));
  ASSIGN_OR_RETURN(const std::vector<std::string> names, ListOpened(std::move(listing), name));
  for (const std::string& child : names) RETURN_IF_ERROR_CONTEXT(RemoveEntry(self, child), name);
  if (::unlinkat(parent.get(), name.c_str(), AT_REMOVEDIR) < 0)
    return SystemError("remove directory " + name, errno);
  return Ok();
}

}  // namespace

Result<std::string> ReadFd(const Fd& fd, std::size_t max_bytes) {
  std::string content;
  std::array<std::byte, 16 * 1024> buffer;
  for (;;) {
    ASSIGN_OR_RETURN(const std::size_t count, Read(fd, buffer));
    if (count == 0) return content;
    if (content.size() + count > max_bytes)
      return Error(ErrorKind::kInvalid, "file_too_large",
                   "longer than the " + std::to_string(max_bytes) + " bytes allowed");
    content.append(reinterpret_cast<const char*>(buffer.data()), count);
  }
}

Result<std::string> ReadFile(const std::string& path, std::size_t max_bytes) {
  ASSIGN_OR_RETURN(const Fd fd, Open(path, O_RDONLY));
  ASSIGN_OR_RETURN_CONTEXT(std::string content, ReadFd(fd, max_bytes), "read " + path);
  return content;
}

Status WriteFileAtomically(const std::string& path, std::string_view content, mode_t mode) {
  const std::string directory = DirectoryOf(path);
  const std::string temporary =
      directory + "/." + BaseNameOf(path) + "." + std::to_string(::getpid()) + "." + RandomHex(6);
  auto write = [&]() -> Status {
    ASSIGN_OR_RETURN(const Fd fd, Open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode));
    if (::fchmod(fd.get(), mode) < 0)
      return SystemError("chmod " + temporary, errno);  // past the umask
    RETURN_IF_ERROR(WriteAll(fd, AsBytes(content)));
    RETURN_IF_ERROR(Fsync(fd));
    return Rename(temporary, path);
  };
  if (Status written = write(); !written) {
    if (written.error().system_errno() != EEXIST) (void)::unlink(temporary.c_str());
    return std::move(written).error().WithContext("write " + path);
  }
  RETURN_IF_ERROR_CONTEXT(SyncDirectory(directory), "write " + path);
  return Ok();
}

Status WriteFile(const std::string& path, std::string_view content, mode_t mode) {
  ASSIGN_OR_RETURN(const Fd fd, Open(path, O_WRONLY | O_CREAT | O_TRUNC, mode));
  RETURN_IF_ERROR_CONTEXT(WriteAll(fd, AsBytes(content)), path);
  return Ok();
}

Status AppendFile(const std::string& path, std::string_view content, mode_t mode) {
  ASSIGN_OR_RETURN(const Fd fd, Open(path, O_WRONLY | O_CREAT | O_APPEND, mode));
  RETURN_IF_ERROR_CONTEXT(WriteAll(fd, AsBytes(content)), path);
  return Ok();
}

Status MakeDirectories(const std::string& path, mode_t mode) {
  for (std::size_t end = 1; end != std::string::npos && !path.empty();) {
    end = path.find('/', end);
    const std::string part = path.substr(0, end);
    if (!part.empty() && ::mkdir(part.c_str(), mode) < 0 && errno != EEXIST)
      return SystemError("make directory " + part, errno);
    if (end != std::string::npos) ++end;
  }
  ASSIGN_OR_RETURN_CONTEXT(const struct stat info, Stat(path), "make directory");
  if (!S_ISDIR(info.st_mode)) return SystemError("make directory " + path, ENOTDIR);
  return Ok();
}

Status SyncDirectory(const std::string& path) {
  ASSIGN_OR_RETURN(const Fd fd, Open(path, O_RDONLY | O_DIRECTORY));
  RETURN_IF_ERROR_CONTEXT(Fsync(fd), path);
  return Ok();
}

Result<std::vector<std::string>> ListDirectory(const std::string& path) {
  ASSIGN_OR_RETURN(Fd fd, Open(path, O_RDONLY | O_DIRECTORY));
  return ListOpened(std::move(fd), path);
}

Status RemoveTree(const std::string& given) {
  const std::string path = given.substr(0, given.find_last_not_of('/') + 1);
  const std::string name = BaseNameOf(path);
  if (name.empty() || name == "." || name == "..")
    return Error(ErrorKind::kRefused, "not_removable",
                 "remove \"" + given + "\": names no entry of a directory");
  Result<Fd> parent = Open(DirectoryOf(path), O_RDONLY | O_DIRECTORY);
  if (!parent) {
    if (parent.error().kind() == ErrorKind::kNotFound) return Ok();
    return std::move(parent).error();
  }
  RETURN_IF_ERROR_CONTEXT(RemoveEntry(*parent, name), "remove " + path);
  return Ok();
}

bool Exists(const std::string& path) { return ::access(path.c_str(), F_OK) == 0; }

std::string JoinPath(std::string_view directory, std::string_view name) {
  while (!directory.empty() && directory.back() == '/') directory.remove_suffix(1);
  while (!name.empty() && name.front() == '/') name.remove_prefix(1);
  return std::string(directory) + "/" + std::string(name);
}

std::string DirectoryOf(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

std::string BaseNameOf(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string::npos ? path : path.substr(slash + 1);
}

Result<SpaceOnDisk> FreeSpace(const std::string& path) {
  struct statvfs info {};
  if (::statvfs(path.c_str(), &info) < 0) return SystemError("free space of " + path, errno);
  return SpaceOnDisk{.free_bytes = static_cast<std::uint64_t>(info.f_bavail) * info.f_frsize,
                     .total_bytes = static_cast<std::uint64_t>(info.f_blocks) * info.f_frsize};
}

}  // namespace powernode

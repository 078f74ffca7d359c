#include "mount/composefs/entry_reader.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/limits.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <utility>

#include "agent/base/syscalls.h"

namespace powernode::mount::composefs {
namespace {

Error SomethingElse() {
  return Error(ErrorKind::kCannotTell, "file_changed",
               "it was removed or replaced meanwhile: pack a tree that nobody writes to");
}

// O_NONBLOCK: what has become a pipe is not waited for.
Result<Fd> OpenRegular(const Fd& directory, const std::string& name) {
  Result<Fd> fd = OpenAt(directory, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
  if (!fd && (fd.error().system_errno() == ENOENT || fd.error().system_errno() == ELOOP ||
              fd.error().system_errno() == ENXIO))
    return SomethingElse();
  return fd;
}

Result<std::string> LinkTarget(const Fd& directory, const std::string& name) {
  std::array<char, PATH_MAX> target;
  const ssize_t size = ::readlinkat(directory.get(), name.c_str(), target.data(), target.size());
  if (size < 0) return SystemError("read link", errno);
  return std::string(target.data(), static_cast<std::size_t>(size));
}

}  // namespace

Node EntryReader::NodeOf(const struct stat& info) const {
  Node node;
  node.mode = info.st_mode;
  node.size = S_ISDIR(info.st_mode) ? 0 : static_cast<std::uint64_t>(info.st_size);
  node.uid = info.st_uid;
  node.gid = info.st_gid;
  if (S_ISCHR(info.st_mode) || S_ISBLK(info.st_mode))
    node.device = static_cast<std::uint32_t>(info.st_rdev);  // Linux's encoding, in its low bits
  node.mtime = {.seconds = info.st_mtim.tv_sec,
                .nanoseconds = static_cast<std::uint32_t>(info.st_mtim.tv_nsec)};
  if (options_.epoch) node.mtime = {.seconds = *options_.epoch, .nanoseconds = 0};
  return node;
}

Result<Node> EntryReader::ReadDirectory(const Fd& fd) {
  ASSIGN_OR_RETURN(const struct stat info, Fstat(fd));
  Node node = NodeOf(info);
  ASSIGN_OR_RETURN(node.attributes, attributes_.Of(fd));
  return node;
}

Result<ReadOutcome> EntryReader::Read(const Fd& directory, ScannedEntry& entry) {
  if (entry.type == DT_REG) return ReadRegular(directory, entry);
  RETURN_IF_ERROR(ReadSpecial(directory, entry));
  return ReadOutcome::kDone;
}

Result<ReadOutcome> EntryReader::ReadRegular(const Fd& directory, ScannedEntry& entry) {
  ASSIGN_OR_RETURN(const Fd fd, OpenRegular(directory, entry.name));
  ASSIGN_OR_RETURN(const struct stat info, Fstat(fd));
  if (!S_ISREG(info.st_mode)) return SomethingElse();
  entry.node = NodeOf(info);
  ASSIGN_OR_RETURN(entry.node.attributes, attributes_.Of(fd));
  if (entry.node.size >= kHugeFileBytes) return ReadOutcome::kHuge;
  RETURN_IF_ERROR(files_.Keep(fd, entry.node, 1, stop_));
  return ReadOutcome::kDone;
}

Status EntryReader::ReadHuge(const Fd& directory, ScannedEntry& entry) {
  ASSIGN_OR_RETURN(const Fd fd, OpenRegular(directory, entry.name));
  ASSIGN_OR_RETURN(const struct stat info, Fstat(fd));
  if (!S_ISREG(info.st_mode)) return SomethingElse();
  return files_.Keep(fd, entry.node, options_.threads, stop_);
}

Status EntryReader::ReadSpecial(const Fd& directory, ScannedEntry& entry) {
  struct stat info {};
  if (::fstatat(directory.get(), entry.name.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0)
    return errno == ENOENT ? SomethingElse() : SystemError("stat", errno);
  if (IFTODT(info.st_mode) != entry.type) return SomethingElse();
  entry.node = NodeOf(info);
  if (entry.type == DT_LNK) {
    ASSIGN_OR_RETURN(std::string target, LinkTarget(directory, entry.name));
    entry.node.size = target.size();
    entry.node.payload = std::move(target);
  }
  ASSIGN_OR_RETURN(entry.node.attributes, attributes_.OfEntry(directory, entry.name.c_str()));
  return Ok();
}

}  // namespace powernode::mount::composefs

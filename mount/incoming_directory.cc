#include "mount/incoming_directory.h"

#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <utility>
#include <vector>

#include "agent/base/files.h"
#include "agent/base/random.h"
#include "agent/base/syscalls.h"
#include "mount/object_listing.h"

namespace powernode::mount {
namespace {

constexpr int kTries = 100;

bool TakeLock(const Fd& fd) { return ::flock(fd.get(), LOCK_EX | LOCK_NB) == 0; }

}  // namespace

Result<IncomingDirectory> IncomingDirectory::Make(const ObjectStore& store) {
  for (int tried = 0; tried < kTries; ++tried) {
    std::string path =
        JoinPath(store.directory(),
                 std::string(kIncomingPrefix) + std::to_string(::getpid()) + "-" + RandomHex(6));
    if (::mkdir(path.c_str(), 0700) < 0) {
      if (errno == EEXIST) continue;
      return SystemError("make directory " + path, errno);
    }
    // Before it is locked, another batch may take it for abandoned and remove it.
    Result<Fd> fd = Open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
    if (!fd) {
      if (fd.error().kind() == ErrorKind::kNotFound) continue;
      return std::move(fd).error();
    }
    if (!TakeLock(*fd)) continue;
    ASSIGN_OR_RETURN(const struct stat info, Fstat(*fd));
    if (info.st_nlink > 0) return IncomingDirectory(std::move(path), *std::move(fd));
  }
  return Error(ErrorKind::kBusy, "incoming_busy",
               "directories in " + store.directory() + " vanish as soon as they are made");
}

void IncomingDirectory::RemoveAbandoned(const ObjectStore& store) {
  const Result<std::vector<std::string>> names = ListDirectory(store.directory());
  if (!names) return;
  for (const std::string& name : *names) {
    if (!name.starts_with(kIncomingPrefix)) continue;
    const std::string path = JoinPath(store.directory(), name);
    const Result<Fd> fd = Open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
    if (fd && TakeLock(*fd)) (void)RemoveTree(path).ok();
  }
}

IncomingDirectory::~IncomingDirectory() {
  if (fd_.valid()) (void)RemoveTree(path_).ok();
}

std::string IncomingDirectory::PathOf(const std::string& name) const {
  return JoinPath(path_, name);
}

Status IncomingDirectory::Remove(const std::string& name) const {
  if (::unlinkat(fd_.get(), name.c_str(), 0) < 0) return SystemError("remove " + name, errno);
  return Ok();
}

}  // namespace powernode::mount

#include "mount/mount_undo.h"

#include <cerrno>
#include <optional>
#include <utility>

#include "agent/base/syscalls.h"
#include "mount/mount_api.h"

namespace powernode::mount {
namespace {

Status UnmountOurs(const std::string& path, std::uint64_t id) {
  ASSIGN_OR_RETURN(const std::uint64_t there, MountIdOf(path));
  if (there != id)
    return Error(ErrorKind::kBusy, "mount_not_ours",
                 "something else is mounted at " + path + "; left alone");
  return Unmount(path);
}

}  // namespace

Status MountUndo::RecordMount(const std::string& path) {
  Result<std::uint64_t> id = MountIdOf(path);
  if (!id) {
    // It was mounted a moment ago by us, and without an id it could not be taken back later.
    Error error = std::move(id).error();
    if (Status gone = Unmount(path); !gone) return std::move(error).AlsoFailed(gone.error());
    return error;
  }
  steps_.push_back(Step{.path = path, .mount_id = *id});
  return Ok();
}

void MountUndo::RecordDirectory(const std::string& path) {
  steps_.push_back(Step{.path = path, .mount_id = 0});
}

Status MountUndo::Run() {
  std::optional<Error> first;
  while (!steps_.empty()) {
    const Step step = std::move(steps_.back());
    steps_.pop_back();
    Status done = step.mount_id != 0 ? UnmountOurs(step.path, step.mount_id) : Rmdir(step.path);
    if (done) continue;
    // A directory that somebody uses by now, or that is gone, is no loss.
    if (step.mount_id == 0) continue;
    first = first ? std::move(*first).AlsoFailed(done.error()) : std::move(done).error();
  }
  if (first) return *std::move(first);
  return Ok();
}

}  // namespace powernode::mount

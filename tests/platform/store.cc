#include "tests/platform/store.h"

#include <fcntl.h>
#include <sys/file.h>

#include <cerrno>

#include "agent/base/random.h"
#include "agent/base/syscalls.h"

namespace powernode::platform {
namespace {

constexpr std::size_t kMaxState = 256 << 20;

Result<State> Load(const std::string& path) {
  State state;
  if (Exists(path)) {
    ASSIGN_OR_RETURN_CONTEXT(const std::string text, ReadFile(path, kMaxState), "load state");
    try {
      state = StateFromJson(json::parse(text));
    } catch (const json::exception& error) {
      return Error(ErrorKind::kInvalid, "state_unreadable", path + ": " + error.what());
    }
  }
  if (state.claim_secret.empty()) state.claim_secret = RandomHex(32);
  return state;
}

}  // namespace

Result<Store> Store::Open(const StateDirectory& directory) {
  RETURN_IF_ERROR_CONTEXT(MakeDirectories(directory.path, 0700), "open state");
  RETURN_IF_ERROR_CONTEXT(MakeDirectories(directory.blobs(), 0700), "open state");
  ASSIGN_OR_RETURN_CONTEXT(
      Fd lock, powernode::Open(directory.lock(), O_RDWR | O_CREAT | O_CLOEXEC, 0600), "open state");
  if (::flock(lock.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno == EWOULDBLOCK)
      return Error(ErrorKind::kBusy, "state_in_use",
                   directory.path + " is in use by another process");
    return SystemError("lock " + directory.lock(), errno);
  }
  ASSIGN_OR_RETURN(State state, Load(directory.state()));
  return Store(directory, std::move(lock), std::move(state));
}

Status Store::Save() const {
  const std::string temporary = directory_.state() + ".new";
  const std::string text = StateToJson(state_).dump(-1, ' ', false, json::error_handler_t::replace);
  RETURN_IF_ERROR_CONTEXT(WriteFile(temporary, text, 0600), "save state");
  RETURN_IF_ERROR_CONTEXT(Rename(temporary, directory_.state()), "save state");
  return Ok();
}

}  // namespace powernode::platform

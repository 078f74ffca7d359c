#include "agent/base/lock_file.h"

#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <thread>

#include "agent/base/clock.h"
#include "agent/base/files.h"
#include "agent/base/syscalls.h"

namespace powernode {

Result<LockFile> LockFile::Take(const std::string& path, std::string_view purpose,
                                std::chrono::milliseconds patience, LockMode mode) {
  ASSIGN_OR_RETURN_CONTEXT(Fd fd, Open(path, O_RDWR | O_CREAT | O_NOFOLLOW, 0600), "take lock");
  const auto deadline = SystemClock().Monotonic() + patience;
  const int operation = mode == LockMode::kExclusive ? LOCK_EX : LOCK_SH;
  while (::flock(fd.get(), operation | LOCK_NB) < 0) {
    if (errno != EWOULDBLOCK && errno != EINTR) return SystemError("lock " + path, errno);
    if (SystemClock().Monotonic() >= deadline) {
      const Result<std::string> holder = ReadFile(path, 4096);
      std::string who = holder ? holder->substr(0, holder->find('\n')) : "";
      if (who.empty()) who = "another process";
      return Error(ErrorKind::kBusy, "locked", path + " is held by " + who);
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  const std::string note = "pid " + std::to_string(::getpid()) + " since " +
                           FormatTime(SystemClock().UnixSeconds()) + " for " +
                           std::string(purpose) + "\n";
  // The kernel holds the lock, the note only names the holder: a full disk must not keep anybody
  // from locking. Cut to its length behind the write: a file that is emptied first loses its block,
  // and ext4 then writes the new one to the disk before the next close returns.
  (void)PwriteAll(fd, AsBytes(note), 0).ok();
  (void)Ftruncate(fd, note.size()).ok();
  return LockFile(std::move(fd));
}

}  // namespace powernode

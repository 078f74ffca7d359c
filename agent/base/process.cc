#include "agent/base/process.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "agent/base/clock.h"
#include "agent/base/fd.h"
#include "agent/base/syscalls.h"

namespace powernode {
namespace {

constexpr std::size_t kOutputKept = 64 * 1024;
constexpr std::chrono::milliseconds kLook{250};  // whether to stop

class SpawnSettings {
 public:
  SpawnSettings(int output) {
    ::posix_spawn_file_actions_init(&actions_);
    ::posix_spawn_file_actions_addopen(&actions_, 0, "/dev/null", O_RDONLY, 0);
    ::posix_spawn_file_actions_adddup2(&actions_, output, 1);
    ::posix_spawn_file_actions_adddup2(&actions_, output, 2);
    ::posix_spawn_file_actions_addclosefrom_np(&actions_,
                                               3);  // whatever a library opened without O_CLOEXEC
    ::posix_spawnattr_init(&attributes_);
    sigset_t none;
    ::sigemptyset(&none);
    ::posix_spawnattr_setsigmask(&attributes_, &none);
    sigset_t all;
    ::sigfillset(&all);
    ::posix_spawnattr_setsigdefault(&attributes_, &all);
    ::posix_spawnattr_setpgroup(&attributes_, 0);
    ::posix_spawnattr_setflags(
        &attributes_, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  }
  ~SpawnSettings() {
    ::posix_spawn_file_actions_destroy(&actions_);
    ::posix_spawnattr_destroy(&attributes_);
  }
  SpawnSettings(const SpawnSettings&) = delete;
  SpawnSettings& operator=(const SpawnSettings&) = delete;

  const posix_spawn_file_actions_t* actions() const { return &actions_; }
  const posix_spawnattr_t* attributes() const { return &attributes_; }

 private:
  posix_spawn_file_actions_t actions_;
  posix_spawnattr_t attributes_;
};

// Appends one read; false at the end of the stream.
bool Append(const Fd& pipe, ProcessOutcome& outcome) {
  std::array<std::byte, 4096> buffer;
  const Result<std::size_t> count = Read(pipe, buffer);
  if (!count || *count == 0) return false;
  outcome.output.append(reinterpret_cast<const char*>(buffer.data()), *count);
  if (outcome.output.size() > kOutputKept) {
    outcome.output.erase(0, outcome.output.size() - kOutputKept);
    outcome.truncated = true;
  }
  return true;
}

bool HasInput(const Fd& fd) {
  pollfd waiter{.fd = fd.get(), .events = POLLIN, .revents = 0};
  return ::poll(&waiter, 1, 0) > 0;
}

enum class End { kItself, kDeadline, kStopped };

// Collects output until the child has ended, or must. The end of the stream is not the end of the
// child, which may close its output and go on; nor the other way round: a process that it leaves
// behind may keep the stream open. Hence the descriptor of the process (pidfd_open(2), Linux 5.3).
End Collect(const Fd& pipe, const Fd& child, std::chrono::milliseconds deadline,
            const std::stop_token& stop, ProcessOutcome& outcome) {
  bool open = true;
  for (;;) {
    const auto left = deadline - SystemClock().Monotonic();
    if (left.count() <= 0) return End::kDeadline;
    if (stop.stop_requested()) return End::kStopped;
    std::array<pollfd, 2> waiters{{{.fd = child.get(), .events = POLLIN, .revents = 0},
                                   {.fd = open ? pipe.get() : -1, .events = POLLIN, .revents = 0}}};
    const int wait_ms = static_cast<int>(std::min<std::int64_t>(left.count(), kLook.count()));
    if (::poll(waiters.data(), waiters.size(), wait_ms) <= 0) continue;
    if (waiters[0].revents != 0) break;
    if (waiters[1].revents != 0) open = Append(pipe, outcome);
  }
  // What the child wrote last; bounded, because somebody else may go on writing.
  for (std::size_t left = kOutputKept / 1024; open && left > 0 && HasInput(pipe); --left)
    open = Append(pipe, outcome);
  return End::kItself;
}

class SpawningRunner : public ProcessRunner {
 public:
  Result<ProcessOutcome> Run(const std::vector<std::string>& argv,
                             std::chrono::milliseconds patience, std::stop_token stop) override {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) < 0) return SystemError("pipe", errno);
    const Fd reading(ends[0]);
    Fd writing(ends[1]);
    const SpawnSettings settings(writing.get());
    std::vector<char*> arguments;
    for (const std::string& argument : argv)
      arguments.push_back(const_cast<char*>(argument.c_str()));
    arguments.push_back(nullptr);
    std::array<char*, 3> environment{const_cast<char*>("PATH=/usr/sbin:/usr/bin:/sbin:/bin"),
                                     const_cast<char*>("LC_ALL=C.UTF-8"), nullptr};
    const auto deadline = SystemClock().Monotonic() + patience;
    pid_t child = 0;
    const int problem = ::posix_spawn(&child, argv.front().c_str(), settings.actions(),
                                      settings.attributes(), arguments.data(), environment.data());
    if (problem != 0) return SystemError("start " + argv.front(), problem);
    writing.Reset();

    ProcessOutcome outcome;
    const Fd process(static_cast<int>(
        ::syscall(SYS_pidfd_open, child, 0)));  // glibc: from 2.36, and not for C++
    const int no_descriptor = process.valid() ? 0 : errno;
    const End end =
        process.valid() ? Collect(reading, process, deadline, stop, outcome) : End::kStopped;
    ::kill(-child, SIGKILL);  // not waited for yet: the group's number is still its own
    int status = 0;
    while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    if (no_descriptor != 0) return SystemError("watch " + argv.front(), no_descriptor);
    if (end == End::kStopped)
      return Error(ErrorKind::kUnavailable, "stopped", "stopped " + argv.front());
    if (end == End::kDeadline)
      return Error(
          ErrorKind::kUnavailable, "timeout",
          argv.front() + " did not end within " + std::to_string(patience.count()) + " ms");
    outcome.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    return outcome;
  }
};

}  // namespace

ProcessRunner& SystemProcessRunner() {
  static constinit SpawningRunner runner;
  return runner;
}

}  // namespace powernode

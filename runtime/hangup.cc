#include "runtime/hangup.h"

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <cerrno>

#include "agent/base/stop_event.h"
#include "agent/base/syscalls.h"

namespace powernode::runtime {
namespace {

sigset_t HangupAlone() {
  sigset_t set;
  ::sigemptyset(&set);
  ::sigaddset(&set, SIGHUP);
  return set;
}

}  // namespace

void BlockHangup() {
  const sigset_t set = HangupAlone();
  ::pthread_sigmask(SIG_BLOCK, &set, nullptr);
}

Result<Hangup> Hangup::Watch() {
  const sigset_t set = HangupAlone();
  Fd signals(::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
  if (!signals.valid()) return SystemError("signalfd", errno);
  return Hangup(std::move(signals));
}

bool Hangup::Await(std::stop_token stop) const {
  const StopEvent event(std::move(stop));
  if (!event.valid() || !event.WaitFor(signals_.get(), POLLIN, std::chrono::milliseconds(-1)))
    return false;
  struct signalfd_siginfo info {};
  return ::read(signals_.get(), &info, sizeof info) == sizeof info;
}

}  // namespace powernode::runtime

#include "agent/commands/signals.h"

#include <pthread.h>
#include <signal.h>
#include <time.h>

namespace powernode::commands {
namespace {

sigset_t Watched() {
  sigset_t set;
  ::sigemptyset(&set);
  ::sigaddset(&set, SIGTERM);
  ::sigaddset(&set, SIGINT);
  return set;
}

}  // namespace

StopOnSignal::StopOnSignal() {
  const sigset_t set = Watched();
  ::pthread_sigmask(SIG_BLOCK, &set, nullptr);
  ::signal(SIGPIPE, SIG_IGN);
  waiter_ = std::jthread([this](std::stop_token ended) {
    const sigset_t watched = Watched();
    while (!ended.stop_requested()) {
      const timespec patience{.tv_sec = 0, .tv_nsec = 200'000'000};
      if (::sigtimedwait(&watched, nullptr, &patience) > 0) source_.request_stop();
    }
  });
}

StopOnSignal::~StopOnSignal() { waiter_.request_stop(); }

}  // namespace powernode::commands

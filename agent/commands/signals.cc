#include "agent/commands/signals.h"

#include <pthread.h>
#include <signal.h>

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
    while (!ended.stop_requested())
      if (::sigwaitinfo(&watched, nullptr) > 0 && !ended.stop_requested()) source_.request_stop();
  });
}

// A watched signal, sent to the waiter alone, ends its wait at once: a command is over when its
// work is.
StopOnSignal::~StopOnSignal() {
  waiter_.request_stop();
  ::pthread_kill(waiter_.native_handle(), SIGINT);
}

}  // namespace powernode::commands

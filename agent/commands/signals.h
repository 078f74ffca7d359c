// SIGTERM and SIGINT as a stop token: everything that waits takes the token, so that a signal ends
// it at once.
#pragma once

#include <stop_token>
#include <thread>

namespace powernode::commands {

class StopOnSignal {
 public:
  // Blocks both signals for this thread and those it starts later; make it before any other thread.
  StopOnSignal();
  ~StopOnSignal();
  StopOnSignal(const StopOnSignal&) = delete;
  StopOnSignal& operator=(const StopOnSignal&) = delete;

  std::stop_token token() const { return source_.get_token(); }

 private:
  std::stop_source source_;
  std::jthread waiter_;
};

}  // namespace powernode::commands

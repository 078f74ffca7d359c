// A stop token for poll(2): what waits in the kernel is woken by it at once.
#pragma once

#include <chrono>
#include <stop_token>

#include "agent/base/fd.h"

namespace powernode {

class StopEvent {
 public:
  explicit StopEvent(std::stop_token stop);
  StopEvent(const StopEvent&) = delete;
  StopEvent& operator=(const StopEvent&) = delete;

  bool valid() const { return fd_.valid(); }  // false: the kernel has no descriptor

  // True when `fd` is ready for `events`; false after `wait` (negative: for ever) or on a stop.
  bool WaitFor(int fd, short events, std::chrono::milliseconds wait) const;

 private:
  struct Signal {
    StopEvent* event;
    void operator()() const;
  };

  Fd fd_;
  std::stop_callback<Signal> callback_;
};

}  // namespace powernode

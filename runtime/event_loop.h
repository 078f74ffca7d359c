// Sends the spooled events, the oldest first, and forgets what the platform has answered for: also
// what it did not take, since no second attempt would make that valid. A platform without the route
// is asked again hours later.
#pragma once

#include <chrono>
#include <stop_token>

#include "agent/base/log.h"
#include "agent/base/paths.h"
#include "runtime/shared_platform.h"

namespace powernode::runtime {

class EventLoop {
 public:
  EventLoop(const Paths& paths, const SharedPlatform& platform, Log& log)
      : paths_(paths), platform_(platform), log_(log) {}

  std::chrono::milliseconds Tick(std::stop_token stop);

 private:
  const Paths& paths_;
  const SharedPlatform& platform_;
  Log& log_;
};

}  // namespace powernode::runtime

// SIGHUP, awaited in the kernel: nobody wakes up to look for it.
#pragma once

#include <stop_token>
#include <utility>

#include "agent/base/fd.h"
#include "agent/base/result.h"

namespace powernode::runtime {

// For this thread and those it starts later. Before any other thread is started: one that does not
// block the signal would take it, and the process would end.
void BlockHangup();

class Hangup {
 public:
  static Result<Hangup> Watch();

  // True when the signal came; false when `stop` was requested. Several that came since the last
  // call are one.
  bool Await(std::stop_token stop) const;

 private:
  explicit Hangup(Fd signals) : signals_(std::move(signals)) {}

  Fd signals_;
};

}  // namespace powernode::runtime

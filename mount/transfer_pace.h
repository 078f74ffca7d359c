// When a transfer that broke off is tried again (node-api.md §4): for as long as each attempt gets
// further than all before it, else six times in all; after a wait with full jitter, doubling up to
// 60 s, or after as long as the platform asked for.
#pragma once

#include <chrono>
#include <cstdint>
#include <stop_token>

#include "agent/base/backoff.h"
#include "agent/base/clock.h"
#include "agent/base/result.h"

namespace powernode::mount {

class TransferPace {
 public:
  // `furthest`: bytes that are here before the first attempt.
  TransferPace(Clock& clock, std::chrono::milliseconds base, std::uint64_t furthest);

  // After an attempt that ended with `error` at byte `position`. OK when the next may begin;
  // `error` itself when there is none; kUnavailable "cancelled". `asked` is what the platform asked
  // for, zero: nothing.
  Status WaitAfter(Error error, std::uint64_t position, std::chrono::milliseconds asked,
                   const std::stop_token& stop);

 private:
  Clock& clock_;
  Backoff backoff_;
  std::uint64_t furthest_;
  int fruitless_ = 0;
};

// kUnavailable "cancelled".
Error TransferStopped();

// Of a failed write: a full disk is kNoSpace "no_space" and says that nothing was lost; other
// errors stay as they are.
Error ExplainFullDisk(Error error);

// "range_not_satisfiable" and "bad_content_range": what is here does not fit what the platform has.
bool AsksToBeginAgain(const Error& error);

}  // namespace powernode::mount

// Time, as a seam: tests pass a clock of their own. Wall time is seconds since 1970 (UTC);
// monotonic time counts through suspend (CLOCK_BOOTTIME), so that a timer means what it says.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

#include "agent/base/result.h"

namespace powernode {

class Clock {
 public:
  virtual ~Clock() = default;
  virtual std::int64_t UnixSeconds() const = 0;
  virtual std::chrono::milliseconds Monotonic() const = 0;
  // Sets the wall time. kUnsupported "clock_not_settable": this clock cannot be set.
  virtual Status Set(std::int64_t unix_seconds);
  // Sleeps; returns false when `stop` was requested before the time was over.
  virtual bool Sleep(std::chrono::milliseconds duration, std::stop_token stop) = 0;
};

// The kernel's clocks; stateless and shared.
Clock& SystemClock();
// The same, but Set fails: for work in a tree that is not this machine's.
Clock& ReadOnlyClock();

// "2026-05-20T10:04:11Z".
std::string FormatTime(std::int64_t unix_seconds);
// RFC 3339 with or without fraction, `Z` or an offset; nullopt when it is not one (node-api.md,
// T10).
std::optional<std::int64_t> ParseTime(std::string_view text);
// Seconds since 1970 of a UTC calendar time (for certificates); the fields must be in range.
std::int64_t UnixFromUtc(int year, int month, int day, int hour, int minute, int second);

}  // namespace powernode

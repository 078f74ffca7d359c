#include "agent/base/clock.h"

#include <time.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <condition_variable>
#include <cstdio>
#include <mutex>

namespace powernode {
namespace {

constexpr std::int64_t kFirstSecond = -62'167'219'200;  // of the year 0
constexpr std::int64_t kLastSecond = 253'402'300'799;   // of the year 9999

class KernelClock : public Clock {
 public:
  std::int64_t UnixSeconds() const override {
    timespec now{};
    ::clock_gettime(CLOCK_REALTIME, &now);
    return now.tv_sec;
  }
  std::chrono::milliseconds Monotonic() const override {
    timespec now{};
    ::clock_gettime(CLOCK_BOOTTIME, &now);
    return std::chrono::seconds(now.tv_sec) + std::chrono::milliseconds(now.tv_nsec / 1'000'000);
  }
  Status Set(std::int64_t unix_seconds) override {
    const timespec wanted{.tv_sec = unix_seconds, .tv_nsec = 0};
    if (::clock_settime(CLOCK_REALTIME, &wanted) < 0)
      return SystemError("set the clock to " + FormatTime(unix_seconds), errno);
    return Ok();
  }
  bool Sleep(std::chrono::milliseconds duration, std::stop_token stop) override {
    std::mutex mutex;
    std::condition_variable_any wake;
    std::unique_lock lock(mutex);
    // A deadline past what the C++ clock can count would wrap around to "now".
    wake.wait_for(lock, stop,
                  std::min<std::chrono::milliseconds>(duration, std::chrono::hours(24 * 365)),
                  [] { return false; });
    return !stop.stop_requested();
  }
};

class UnsettableClock : public KernelClock {
 public:
  Status Set(std::int64_t unix_seconds) override { return Clock::Set(unix_seconds); }
};

int DaysIn(int month, int year) {
  constexpr std::array<int, 12> kDays{31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  const bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
  return kDays[static_cast<std::size_t>(month - 1)] + (month == 2 && leap ? 1 : 0);
}

// Reads `count` digits; false when there is something else.
bool TakeNumber(std::string_view& text, std::size_t count, int& out) {
  if (text.size() < count) return false;
  out = 0;
  for (std::size_t i = 0; i < count; ++i) {
    if (text[i] < '0' || text[i] > '9') return false;
    out = out * 10 + (text[i] - '0');
  }
  text.remove_prefix(count);
  return true;
}

bool TakeChar(std::string_view& text, std::string_view allowed) {
  if (text.empty() || allowed.find(text.front()) == std::string_view::npos) return false;
  text.remove_prefix(1);
  return true;
}

}  // namespace

Status Clock::Set(std::int64_t) {
  return Error(ErrorKind::kUnsupported, "clock_not_settable", "this clock cannot be set");
}

Clock& SystemClock() {
  static constinit KernelClock clock;
  return clock;
}

Clock& ReadOnlyClock() {
  static constinit UnsettableClock clock;
  return clock;
}

// By the calendar alone: the C library would first read /etc/localtime for it.
std::string FormatTime(std::int64_t unix_seconds) {
  const std::chrono::sys_seconds time{
      std::chrono::seconds(std::clamp(unix_seconds, kFirstSecond, kLastSecond))};
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(time - day);
  std::array<char, 48> text;
  const int length = std::snprintf(
      text.data(), text.size(), "%04d-%02u-%02uT%02d:%02d:%02dZ", static_cast<int>(date.year()),
      static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
      static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
      static_cast<int>(clock.seconds().count()));
  return std::string(text.data(), static_cast<std::size_t>(length));
}

std::optional<std::int64_t> ParseTime(std::string_view text) {
  int year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0;
  if (!TakeNumber(text, 4, year) || !TakeChar(text, "-") || !TakeNumber(text, 2, month) ||
      !TakeChar(text, "-") || !TakeNumber(text, 2, day) || !TakeChar(text, "Tt ") ||
      !TakeNumber(text, 2, hour) || !TakeChar(text, ":") || !TakeNumber(text, 2, minute) ||
      !TakeChar(text, ":") || !TakeNumber(text, 2, second))
    return std::nullopt;
  if (month < 1 || month > 12 || day < 1 || day > DaysIn(month, year) || hour > 23 || minute > 59 ||
      second > 60)
    return std::nullopt;
  if (TakeChar(text, ".")) {
    int digit = 0;
    if (!TakeNumber(text, 1, digit)) return std::nullopt;
    while (TakeNumber(text, 1, digit)) {
    }
  }
  std::int64_t offset = 0;
  if (text != "Z" && text != "z") {
    const int sign = !text.empty() && text.front() == '-' ? -1 : 1;
    int offset_hour = 0, offset_minute = 0;
    if (!TakeChar(text, "+-") || !TakeNumber(text, 2, offset_hour) || !TakeChar(text, ":") ||
        !TakeNumber(text, 2, offset_minute) || !text.empty() || offset_hour > 23 ||
        offset_minute > 59)
      return std::nullopt;
    offset = sign * (offset_hour * 3600 + offset_minute * 60);
  }
  return UnixFromUtc(year, month, day, hour, minute, second) - offset;
}

std::int64_t UnixFromUtc(int year, int month, int day, int hour, int minute, int second) {
  const std::chrono::sys_days date{std::chrono::year(year) /
                                   std::chrono::month(static_cast<unsigned>(month)) /
                                   std::chrono::day(static_cast<unsigned>(day))};
  return std::chrono::sys_seconds(date).time_since_epoch().count() + hour * 3600 + minute * 60 +
         second;
}

}  // namespace powernode

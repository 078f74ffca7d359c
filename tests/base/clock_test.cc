#include "agent/base/clock.h"

#include <doctest/doctest.h>

#include <chrono>
#include <string>
#include <thread>

namespace powernode::clock_test {
namespace {

using std::chrono::milliseconds;

TEST_SUITE_BEGIN("clock");

TEST_CASE("reads RFC 3339 times") {
  struct Row {
    const char* text;
    std::int64_t unix_seconds;
  };
  for (const Row& row : {
           Row{"1970-01-01T00:00:00Z", 0},
           Row{"1969-12-31T23:59:59Z", -1},
           Row{"2026-05-20T10:04:11Z", 1779271451},
           Row{"2026-05-20t10:04:11z", 1779271451},
           Row{"2026-05-20 10:04:11Z", 1779271451},
           Row{"2026-05-20T10:04:11.5Z", 1779271451},
           Row{"2026-05-20T10:04:11.999999999Z", 1779271451},
           Row{"2026-05-20T12:04:11+02:00", 1779271451},
           Row{"2026-05-20T04:34:11.25-05:30", 1779271451},
           Row{"2026-05-20T10:04:11-00:00", 1779271451},
           Row{"2024-02-29T00:00:00Z", 1709164800},
           Row{"2000-02-29T00:00:00Z", 951782400},
           Row{"2016-12-31T23:59:60Z", 1483228800},
           Row{"9999-12-31T23:59:59Z", 253402300799},
       }) {
    INFO(row.text);
    const auto parsed = ParseTime(row.text);
    REQUIRE(parsed);
    CHECK(*parsed == row.unix_seconds);
  }
}

TEST_CASE("refuses what is no time") {
  for (const char* text : {"",
                           "2026-05-20",
                           "2026-05-20T10:04Z",
                           "2026-05-20T10:04:11",
                           "2026-05-20T10:04:11 Z",
                           "2026-05-20T10:04:11Zx",
                           "2026-05-20T10:04:11.Z",
                           "2026-05-20T10:04:11,5Z",
                           "2026-13-01T00:00:00Z",
                           "2026-00-01T00:00:00Z",
                           "2026-01-32T00:00:00Z",
                           "2026-02-29T00:00:00Z",
                           "1900-02-29T00:00:00Z",
                           "2026-04-31T00:00:00Z",
                           "2026-01-00T00:00:00Z",
                           "2026-01-01T24:00:00Z",
                           "2026-01-01T00:60:00Z",
                           "2026-01-01T00:00:61Z",
                           "2026-01-01T00:00:00+2",
                           "2026-01-01T00:00:00+24:00",
                           "2026-01-01T00:00:00+00:60",
                           "2026-01-01T00:00:00+0200",
                           "2026-01-01T00:00:00+02:00Z",
                           "-026-01-01T00:00:00Z",
                           "20260101T000000Z",
                           " 2026-01-01T00:00:00Z"}) {
    INFO(text);
    CHECK_FALSE(ParseTime(text).has_value());
  }
  CHECK_FALSE(ParseTime(std::string("2026-01-01T00:00:00Z\0", 21)).has_value());
}

TEST_CASE("writes a time so that reading it gives the same") {
  CHECK(FormatTime(0) == "1970-01-01T00:00:00Z");
  CHECK(FormatTime(1779271451) == "2026-05-20T10:04:11Z");
  CHECK(FormatTime(951782400) == "2000-02-29T00:00:00Z");
  CHECK(FormatTime(INT64_MAX) == "9999-12-31T23:59:59Z");
  CHECK(FormatTime(INT64_MIN) == "0000-01-01T00:00:00Z");
  for (std::int64_t time = -100'000'000; time < 250'000'000'000; time += 777'777'777)
    CHECK(ParseTime(FormatTime(time)) == time);
}

TEST_CASE("turns a calendar time of UTC into seconds, whatever the time zone") {
  CHECK(UnixFromUtc(1970, 1, 1, 0, 0, 0) == 0);
  CHECK(UnixFromUtc(2038, 1, 19, 3, 14, 8) == 2147483648);
}

TEST_CASE("monotonic time never goes back, and wall time is of this century") {
  const milliseconds first = SystemClock().Monotonic();
  CHECK(SystemClock().Monotonic() >= first);
  CHECK(SystemClock().UnixSeconds() > 1'700'000'000);
}

TEST_CASE("sleeps its time, and says so") {
  const milliseconds start = SystemClock().Monotonic();
  CHECK(SystemClock().Sleep(milliseconds(30), {}));
  CHECK(SystemClock().Monotonic() - start >= milliseconds(29));
  CHECK(SystemClock().Sleep(milliseconds(0), {}));
  CHECK(SystemClock().Sleep(milliseconds(-5), {}));
}

TEST_CASE("a stop request ends a sleep at once, however long it was to be") {
  for (const milliseconds duration : {milliseconds(60'000), milliseconds::max()}) {
    std::stop_source source;
    std::jthread stopper([&source] {
      std::this_thread::sleep_for(milliseconds(30));
      source.request_stop();
    });
    const milliseconds start = SystemClock().Monotonic();
    CHECK_FALSE(SystemClock().Sleep(duration, source.get_token()));
    const milliseconds slept = SystemClock().Monotonic() - start;
    CHECK(slept >= milliseconds(29));
    CHECK(slept < milliseconds(10'000));
  }
}

TEST_CASE("a sleep after the stop request does not begin") {
  std::stop_source source;
  source.request_stop();
  CHECK_FALSE(SystemClock().Sleep(milliseconds(60'000), source.get_token()));
}

TEST_SUITE_END();

}  // namespace
}  // namespace powernode::clock_test

#include "enroll/enroll_pace.h"

#include <doctest/doctest.h>

namespace powernode::enroll::enroll_pace_test {
namespace {

using std::chrono::seconds;

EnrollAttempt Failed(std::string code, std::optional<seconds> wish = {}) {
  return {.outcome = Error(ErrorKind::kUnavailable, std::move(code), "x"), .retry_after = wish};
}

TEST_SUITE("enroll_pace") {
  TEST_CASE("the platform's wish comes before everything") {
    EnrollPace pace;
    CHECK(pace.Next(Failed("token_refused", seconds(120))) == seconds(120));
  }

  TEST_CASE("after a refused token the sources are read again every 30 s, doubling to 10 min") {
    EnrollPace pace;
    for (const int expected : {30, 60, 120, 240, 480, 600, 600}) {
      const auto wait = pace.Next(Failed("token_refused"));
      CHECK(wait >= seconds(expected) * 9 / 10);
      CHECK(wait <= seconds(expected) * 11 / 10);
    }
  }

  TEST_CASE("trouble on the way is tried again within 300 s") {
    EnrollPace pace;
    CHECK(pace.Next(Failed("connect_failed")) <= seconds(1));
    for (int i = 0; i < 50; ++i) CHECK(pace.Next(Failed("connect_failed")) <= seconds(300));
  }

  TEST_CASE("a request that is rejected as such waits for 5 min") {
    EnrollPace pace;
    CHECK(pace.Next(Failed("enroll_rejected")) >= seconds(270));
  }
}

}  // namespace
}  // namespace powernode::enroll::enroll_pace_test

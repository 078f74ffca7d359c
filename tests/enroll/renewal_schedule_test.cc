#include "enroll/renewal_schedule.h"

#include <doctest/doctest.h>

#include <set>

#include "agent/base/random.h"

namespace powernode::enroll::renewal_schedule_test {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr std::int64_t kStart = 1'770'000'000;
constexpr std::int64_t kDay = 24 * 3600;

Credentials Living(std::int64_t seconds_long) {
  Credentials credentials;
  credentials.not_before = kStart;
  credentials.not_after = kStart + seconds_long;
  credentials.fingerprint = RandomHex(32);
  return credentials;
}

TEST_SUITE("renewal_schedule") {
  TEST_CASE("renewal is due between 50 % and 80 % of any life, and not for all at once") {
    for (const std::int64_t life :
         {std::int64_t{60}, std::int64_t{600}, kDay, 90 * kDay, 3650 * kDay}) {
      std::set<std::int64_t> times;
      for (int i = 0; i < 200; ++i) {
        const std::int64_t due = RenewalTime(Living(life)) - kStart;
        CHECK(due >= life / 2);
        CHECK(due <= life * 8 / 10);
        times.insert(due);
      }
      if (life >= kDay) CHECK(times.size() > 50);
    }
  }

  TEST_CASE("the same certificate is due at the same moment whenever one looks") {
    const Credentials credentials = Living(90 * kDay);
    CHECK(RenewalTime(credentials) == RenewalTime(credentials));
  }

  TEST_CASE("looks and retries are scaled: a certificate of ten minutes is renewed in time") {
    const Credentials brief = Living(600);
    CHECK(RenewalLook(brief, kStart) == seconds(30));
    CHECK(RenewalRetry(brief, 1) == seconds(30));
    const Credentials usual = Living(90 * kDay);
    CHECK(RenewalLook(usual, kStart) == hours(6));
    CHECK(RenewalRetry(usual, 1) == minutes(5));
    CHECK(RenewalRetry(usual, 2) == minutes(10));
    CHECK(RenewalRetry(usual, 99) == hours(6));
    CHECK(RenewalLook(usual, usual.not_after + kDay) == seconds(1));
  }

  TEST_CASE("twenty failures in a row still leave time for the one that works") {
    const Credentials brief = Living(600);
    std::int64_t now = RenewalTime(brief);
    unsigned failures = 0;
    for (; now < brief.not_after; ++failures) now += RenewalRetry(brief, failures + 1).count();
    CHECK(failures >= 5);
  }

  TEST_CASE("an operator hears of it in the last fifth, or the last week of a long life") {
    const Credentials usual = Living(90 * kDay);
    CHECK_FALSE(IsExpiring(usual, kStart + 71 * kDay));
    CHECK(IsExpiring(usual, kStart + 73 * kDay));
    const Credentials brief = Living(600);
    CHECK_FALSE(IsExpiring(brief, kStart + 479));
    CHECK(IsExpiring(brief, kStart + 481));
    const Credentials two_weeks = Living(14 * kDay);
    CHECK_FALSE(IsExpiring(two_weeks, kStart + 10 * kDay));
  }
}

}  // namespace
}  // namespace powernode::enroll::renewal_schedule_test

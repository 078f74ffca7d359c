#include "enroll/time_probe.h"

#include <doctest/doctest.h>

#include "agent/base/clock.h"
#include "tests/enroll/scripted_platform.h"

namespace powernode::enroll::time_probe_test {
namespace {

constexpr std::int64_t kNow = 1'770'000'000;  // 2026-02-02
constexpr std::int64_t kDay = 24 * 3600;

struct Scene {
  testing::ScriptedPlatform platform;

  void Says(const std::string& date, std::int64_t from = kNow - kDay,
            std::int64_t until = kNow + kDay) {
    platform.Answer([=](const HttpRequest&) -> Result<HttpResponse> {
      HttpResponse response{.status = 404, .headers = {{"date", date}}, .body = ""};
      response.peer_valid_from = from;
      response.peer_valid_until = until;
      return response;
    });
  }
  Result<std::int64_t> Ask(std::int64_t floor = kNow - 10 * kDay) {
    return ProbeTime(*ParseOrigin("https://p.test"), "roots", floor, platform.Transports(), {});
  }
};

Error Failure(std::string code) { return Error(ErrorKind::kDenied, std::move(code), ""); }

TEST_SUITE("time_probe") {
  TEST_CASE("the answer's Date is the time, and no credential went with the question") {
    Scene scene;
    scene.Says("Mon, 02 Feb 2026 02:40:00 GMT");
    CHECK(*scene.Ask() == kNow);
    const HttpRequest& request = scene.platform.requests().at(0);
    CHECK(request.method == "GET");
    CHECK(request.url == "https://p.test/");
    CHECK(request.headers.empty());
    CHECK(request.body.empty());
    const TlsIdentity& tls = scene.platform.connections().at(0);
    CHECK(tls.dates == CertificateDates::kNotJudged);
    CHECK(tls.ca_pem == "roots");
    CHECK(tls.certificate_pem.empty());
    CHECK(tls.key_pem.empty());
  }

  TEST_CASE("an absurd time is refused") {
    struct Row {
      std::string date;
      std::int64_t floor, from, until;
    };
    for (const Row& row : std::vector<Row>{
             {"Thu, 01 Jan 1970 00:00:00 GMT", kNow - kDay, 0, kNow + kDay},  // below the floor
             {"Mon, 02 Feb 2026 02:40:00 GMT", 0, kNow + 1, kNow + kDay},  // before its own chain
             {"Mon, 02 Feb 2026 02:40:00 GMT", 0, kNow - kDay, kNow - 1},  // after it
             {"tomorrow", 0, kNow - kDay, kNow + kDay},
             {"", 0, kNow - kDay, kNow + kDay}}) {
      CAPTURE(row.date);
      Scene scene;
      scene.Says(row.date, row.from, row.until);
      const Result<std::int64_t> time = scene.Ask(row.floor);
      REQUIRE_FALSE(time.ok());
      CHECK(time.error().code() == "clock_unreliable");
    }
  }

  TEST_CASE(
      "only dates that do not fit make the clock suspect, and an expired one only far ahead") {
    CHECK(IsClockSuspect(Failure("tls_not_yet_valid"), kNow, kNow));
    CHECK_FALSE(IsClockSuspect(Failure("tls_expired"), kNow + 400 * kDay, kNow));
    CHECK(IsClockSuspect(Failure("tls_expired"), kNow + 401 * kDay, kNow));
    CHECK_FALSE(IsClockSuspect(Failure("tls_untrusted"), kNow + 4000 * kDay, kNow));
    CHECK_FALSE(IsClockSuspect(Failure("unauthorized"), kNow, kNow));
  }
}

}  // namespace
}  // namespace powernode::enroll::time_probe_test

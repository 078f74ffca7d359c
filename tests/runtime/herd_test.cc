// A thousand agents after a platform's ten-minute outage (TR-2): the real loops and their real
// waits, each agent on a virtual clock of its own. The platform is a function of time, so that one
// agent after the other can live through it.
#include <doctest/doctest.h>

#include <algorithm>
#include <numeric>

#include "agent/base/random.h"
#include "runtime/heartbeat_loop.h"
#include "runtime/join.h"
#include "runtime/shared_platform.h"
#include "tests/enroll/authority.h"
#include "tests/enroll/sample_credentials.h"
#include "tests/enroll/scripted_platform.h"
#include "tests/support/temporary_directory.h"

namespace powernode::runtime::herd_test {
namespace {

using namespace std::chrono_literals;
using enroll::testing::Authority;
using enroll::testing::SampleCredentials;
using enroll::testing::ScriptedPlatform;
using enroll::testing::StandingClock;
using powernode::testing::TemporaryDirectory;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr int kAgents = 1000;
constexpr seconds kOutageEnds{600};  // it begins at 0
constexpr seconds kEnd{900};

// Requests that were answered, by the second after the outage.
class Arrivals {
 public:
  void Count(milliseconds at) { ++seconds_[static_cast<std::size_t>((at - kOutageEnds) / 1s)]; }
  int Peak() const { return *std::max_element(seconds_.begin(), seconds_.end()); }
  double Mean() const {
    const int all = std::accumulate(seconds_.begin(), seconds_.end(), 0);
    return static_cast<double>(all) / static_cast<double>(seconds_.size());
  }

 private:
  std::vector<int> seconds_ = std::vector<int>((kEnd - kOutageEnds) / 1s, 0);
};

class Fleet {
 public:
  // All beat within the first second of the outage: the worst start there is.
  void LiveAsJoined() {
    StandingClock clock(1'770'000'000);
    Start(clock, milliseconds(RandomBelow(1000)));
    Beat(clock);
  }

  // A node that has its token when the outage begins.
  void LiveFromToken() {
    StandingClock clock(1'770'000'000);
    Start(clock, milliseconds(RandomBelow(1000)));
    JoinPace pace;
    while (Now(clock) < kOutageEnds) {
      const Error down(ErrorKind::kUnavailable, "connect_failed", "nobody home");
      const JoinAttempt failed{
          .outcome = down,
          .stage = "enroll",
          .source = "",
          .enroll = enroll::EnrollAttempt{.outcome = down, .retry_after = std::nullopt}};
      REQUIRE(clock.Sleep(std::max(milliseconds(500), pace.Next(failed)), {}));
    }
    if (Now(clock) >= kEnd) return;
    firsts.Count(Now(clock));
    all.Count(Now(clock));
    Beat(clock);
  }

  Arrivals all;
  Arrivals firsts;  // of each agent

 private:
  void Start(StandingClock& clock, milliseconds phase) {
    epoch_ = clock.Monotonic();
    REQUIRE(clock.Sleep(phase, {}));
  }
  milliseconds Now(const StandingClock& clock) const { return clock.Monotonic() - epoch_; }

  void Beat(StandingClock& clock) {
    bool first = Now(clock) < kOutageEnds;
    ScriptedPlatform server;
    server.Answer([&](const HttpRequest&) -> Result<HttpResponse> {
      if (Now(clock) < kOutageEnds)
        return Error(ErrorKind::kUnavailable, "connect_failed", "nobody home");
      if (Now(clock) < kEnd) all.Count(Now(clock));
      if (first) firsts.Count(Now(clock));
      first = false;
      return HttpResponse{.status = 200, .headers = {}, .body = R"({"success":true,"data":{}})"};
    });
    SharedPlatform platform;
    platform.Set(std::make_shared<JoinedPlatform>(credentials_, server.Transports(), clock));
    Findings findings(clock, log_);
    const ReportBoard board;
    HeartbeatLoop loop(paths_, 30s, platform, board, findings, clock, log_);
    while (Now(clock) < kEnd) REQUIRE(clock.Sleep(loop.Tick({}), {}));
  }

  TemporaryDirectory root_;
  Paths paths_ = Paths::Below(root_.path().string());
  Log log_{-1, LogFormat::kPeople, LogLevel::kError};
  enroll::CredentialsPtr credentials_ =
      std::make_shared<const enroll::Credentials>(SampleCredentials(Authority()));
  milliseconds epoch_{0};
};

TEST_SUITE("herd") {
  TEST_CASE("a fleet that failed in one second does not come back in one") {
    Fleet fleet;
    for (int i = 0; i < kAgents; ++i) fleet.LiveAsJoined();
    CHECK(fleet.all.Mean() > 20);  // they are back
    CHECK(fleet.all.Peak() <= 3 * fleet.all.Mean());
    // The first calls alone, over the two minutes that a wait takes at most.
    CHECK(fleet.firsts.Peak() <= 3 * kAgents / 120);
  }

  TEST_CASE("nor do nodes that wait with their tokens") {
    Fleet fleet;
    for (int i = 0; i < kAgents; ++i) fleet.LiveFromToken();
    CHECK(fleet.all.Mean() > 20);
    CHECK(fleet.all.Peak() <= 3 * fleet.all.Mean());
    CHECK(fleet.firsts.Peak() <= 3 * kAgents / 120);
  }
}

}  // namespace
}  // namespace powernode::runtime::herd_test

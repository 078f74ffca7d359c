// Staying known, against the reference control plane, with a clock that the test turns.
#include "runtime/credential_loop.h"

#include <doctest/doctest.h>

#include "agent/base/files.h"
#include "enroll/renewal_schedule.h"
#include "tests/platform/fixture.h"
#include "tests/support/temporary_directory.h"

namespace powernode::runtime::credential_loop_test {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using Plane = platform::Fixture;

// The machine's time, moved; whoever sleeps moves it.
class TurnedClock : public Clock {
 public:
  std::int64_t UnixSeconds() const override { return SystemClock().UnixSeconds() + seconds_; }
  milliseconds Monotonic() const override {
    return SystemClock().Monotonic() + std::chrono::seconds(seconds_);
  }
  bool Sleep(milliseconds duration, std::stop_token stop) override {
    Turn(duration.count() / 1000 + 1);
    return !stop.stop_requested();
  }
  void Turn(std::int64_t seconds) { seconds_ += seconds; }

 private:
  std::int64_t seconds_ = 0;
};

struct Scene {
  explicit Scene(Plane::Words serve_words = {}) : plane(std::move(serve_words)) {
    const platform::FixtureNode row = plane.AddNode("n1");
    Identify(row.id, row.token);
  }

  void Identify(const std::string& id, const std::string& token) {
    REQUIRE(MakeDirectories(DirectoryOf(paths.etc_identity), 0755));
    REQUIRE(WriteFile(paths.etc_identity,
                      "ID=" + id + "\nKEY=" + token + "\nSERVER=" + plane.Url() + "\n", 0600));
    REQUIRE(MakeDirectories(DirectoryOf(paths.image_ca), 0755));
    REQUIRE(WriteFile(paths.image_ca, plane.CaPem(), 0644));
  }
  void Join() {
    loop.Tick({});
    for (const Finding& finding : findings.List()) MESSAGE(finding.code << ": " << finding.detail);
    REQUIRE(shared.Get());
    Beat();
    loop.Tick({});
  }
  void Beat() { heartbeat.Tick({}); }
  void TurnToRenewal() { clock.Turn(enroll::RenewalTime(*InUse()) - clock.UnixSeconds() + 1); }
  // For the node and for its platform.
  void PassTime(int days) {
    plane.Verb({"clock", "--advance", std::to_string(days * 24 * 3600)});
    clock.Turn(std::int64_t{days} * 24 * 3600);
  }
  bool Found(const std::string& code) {
    for (const Finding& finding : findings.List())
      if (finding.code == code) return true;
    return false;
  }
  enroll::CredentialsPtr InUse() { return shared.Get()->session.credentials(); }
  enroll::CredentialsPtr Stored() {
    return enroll::PkiStore(paths.pki).Load(clock.UnixSeconds()).credentials;
  }

  Plane plane;
  powernode::testing::TemporaryDirectory root;
  Paths paths = Paths::Below(root.path().string());
  Settings settings;
  TurnedClock clock;
  Log log{-1, LogFormat::kPeople, LogLevel::kError};
  Findings findings{clock, log};
  SharedPlatform shared;
  ReportBoard board;
  HeartbeatLoop heartbeat{paths, std::chrono::seconds(30), shared, board, findings, clock, log};
  int joins = 0;
  CredentialLoop loop{paths, settings, heartbeat,          shared, board, findings,
                      clock, log,      [this] { ++joins; }};
};

TEST_SUITE_BEGIN("credential loop");

TEST_CASE("a node that can not join yet tries again, and joins when it can") {
  Scene scene;
  scene.plane.Stop();
  CHECK(scene.loop.Tick({}) >= milliseconds(500));
  CHECK_FALSE(scene.shared.Get());
  CHECK(scene.shared.tried());
  scene.plane.Start();
  scene.Join();
  CHECK(scene.joins == 1);
  CHECK(scene.findings.List().empty());
}

TEST_CASE("nothing is renewed before its time, and everything after") {
  Scene scene;
  scene.Join();
  const std::string serial = scene.InUse()->serial;
  const std::int64_t due = enroll::RenewalTime(*scene.InUse());
  scene.clock.Turn(due - scene.clock.UnixSeconds() - 3600);
  scene.loop.Tick({});
  CHECK(scene.InUse()->serial == serial);
  scene.clock.Turn(2 * 3600);
  scene.loop.Tick({});
  CHECK(scene.InUse()->serial != serial);
  CHECK(scene.Stored()->serial == scene.InUse()->serial);
  CHECK(scene.plane.StatusOf("n1").at("certificates").size() == 2);
}

TEST_CASE("a platform that does not renew is asked again, later and later, and it is said") {
  Scene scene;
  scene.Join();
  const std::string serial = scene.InUse()->serial;
  scene.plane.Fault({"status", "--route", "enroll/refresh", "--number", "503"});
  scene.TurnToRenewal();
  scene.loop.Tick({});
  CHECK(scene.Found("platform_error"));
  const std::size_t asked = scene.plane.Requests("enroll/refresh").size();
  scene.loop.Tick({});  // five minutes are not over
  CHECK(scene.plane.Requests("enroll/refresh").size() == asked);
  scene.clock.Turn(301);
  scene.loop.Tick({});
  CHECK(scene.plane.Requests("enroll/refresh").size() > asked);
  CHECK(scene.InUse()->serial == serial);
  scene.plane.ClearFaults();
  scene.clock.Turn(1200);
  scene.loop.Tick({});
  CHECK(scene.InUse()->serial != serial);
  CHECK(scene.findings.List().empty());
}

TEST_CASE("a certificate that the platform refuses right away is rolled back") {
  Scene scene;
  scene.Join();
  const std::string serial = scene.InUse()->serial;
  scene.plane.Fault({"status", "--route", "status", "--number", "401", "--count", "1"});
  scene.TurnToRenewal();
  scene.loop.Tick({});
  CHECK(scene.Found("rotation_rolled_back"));
  CHECK(scene.InUse()->serial == serial);
  CHECK(scene.Stored()->serial == serial);
  scene.Beat();
  CHECK(scene.heartbeat.last().error.empty());
}

TEST_CASE("a proof that brings no answer is repeated, and nothing is thrown away") {
  Scene scene;
  scene.Join();
  const std::string serial = scene.InUse()->serial;
  scene.plane.Fault({"status", "--route", "status", "--number", "503", "--count", "1"});
  scene.TurnToRenewal();
  scene.loop.Tick({});
  CHECK(scene.InUse()->serial == serial);
  scene.loop.Tick({});
  CHECK(scene.InUse()->serial != serial);
  CHECK(scene.plane.Requests("enroll/refresh").size() == 1);
}

TEST_CASE(
    "behind a proxy that keeps the certificate to itself the bearer lets the node in, for days") {
  Scene scene({"--mode", "gen1", "--ignore-client-certificates"});
  scene.loop.Tick({});
  REQUIRE(scene.shared.Get());
  CHECK(scene.shared.Get()->session.mode() == enroll::CredentialMode::kBearer);
  const std::string key = scene.InUse()->key_pem.Reveal();
  for (int hour = 0; hour < 72; ++hour) {
    scene.plane.Verb({"clock", "--advance", "3600"});
    scene.clock.Turn(3600);
    scene.loop.Tick({});
    scene.Beat();
    CHECK(scene.heartbeat.last().error == "");
  }
  CHECK(scene.plane.Requests("enroll/refresh").size() >= 5);
  CHECK(scene.InUse()->key_pem.Reveal() == key);
  CHECK(scene.Stored()->bearer);
}

TEST_CASE("the platform's wish is obeyed once a certificate, and at once") {
  Scene scene;
  scene.Join();
  const std::string serial = scene.InUse()->serial;
  scene.plane.Verb({"certificate", "renew", "n1"});
  scene.Beat();
  scene.loop.Tick({});
  CHECK(scene.InUse()->serial != serial);
  scene.Beat();
  scene.loop.Tick({});
  CHECK(scene.plane.Requests("enroll/refresh").size() == 1);
}

TEST_CASE(
    "a platform that has moved is followed with the same certificate, when local sources say so") {
  Scene scene;
  scene.Join();
  auto lost = std::make_shared<enroll::Credentials>(*scene.InUse());
  lost->platform = *ParseOrigin("https://localhost:1");
  scene.shared.Set(std::make_shared<JoinedPlatform>(lost, enroll::CurlTransports(), scene.clock));
  scene.Beat();
  scene.loop.Tick({});
  CHECK(scene.InUse()->platform == lost->platform);
  scene.clock.Turn(601);
  scene.loop.Tick({});
  CHECK(scene.InUse()->platform.ToString() == scene.plane.Url());
  CHECK(scene.InUse()->serial == lost->serial);
  CHECK(scene.InUse()->generation == "gen-000002");
  scene.Beat();
  CHECK(scene.heartbeat.last().error.empty());
}

TEST_CASE(
    "off for longer than the certificate lived: renewed with it, where the platform allows that") {
  Scene scene;
  scene.Join();
  const enroll::CredentialsPtr old = scene.InUse();
  scene.plane.Verb({"set", "--refresh-grace", "864000"});
  scene.shared.Set(nullptr);
  scene.PassTime(91);
  scene.loop.Tick({});
  REQUIRE(scene.shared.Get());
  CHECK(scene.Stored()->serial != old->serial);
  CHECK(scene.Stored()->instance_id == old->instance_id);
  CHECK(scene.plane.Requests("enroll").size() == 1);
}

TEST_CASE("where it does not, a new token lets the node in, and until then it says what is wrong") {
  Scene scene;
  scene.Join();
  const enroll::CredentialsPtr old = scene.InUse();
  scene.shared.Set(nullptr);
  scene.PassTime(91);
  scene.loop.Tick({});
  CHECK_FALSE(scene.shared.Get());
  bool said = false;
  for (const Finding& finding : scene.findings.List())
    said = said || finding.detail.find("certificate expired at") != std::string::npos;
  CHECK(said);
  CHECK(scene.Stored()->serial == old->serial);

  scene.Identify(old->instance_id, scene.plane.AddToken("n1"));
  scene.loop.Tick({});
  REQUIRE(scene.shared.Get());
  CHECK(scene.Stored()->serial != old->serial);
}

TEST_CASE("a node that is rejected keeps everything, and a new token lets it in again") {
  Scene scene;
  scene.Join();
  const enroll::CredentialsPtr old = scene.InUse();
  scene.plane.Verb({"certificate", "revoke", "n1"});
  for (int i = 0; i < 4; ++i) {
    scene.Beat();
    scene.clock.Turn(120);
  }
  CHECK(scene.loop.Tick({}) == minutes(5));
  CHECK(scene.Found("auth_rejected"));
  CHECK(scene.InUse() == old);
  CHECK(scene.Stored()->serial == old->serial);

  scene.Identify(old->instance_id, scene.plane.AddToken("n1"));
  scene.loop.Tick({});
  CHECK(scene.InUse()->serial != old->serial);
  scene.Beat();
  CHECK(scene.heartbeat.last().error.empty());
}

TEST_SUITE_END();

}  // namespace
}  // namespace powernode::runtime::credential_loop_test

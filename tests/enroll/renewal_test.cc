// Renewal against the reference control plane.
#include <doctest/doctest.h>

#include <atomic>
#include <thread>
#include <vector>

#include "agent/base/files.h"
#include "enroll/adopt.h"
#include "enroll/node_api.h"
#include "enroll/pki_layout.h"
#include "enroll/refresh.h"
#include "tests/enroll/platform_node.h"

namespace powernode::enroll::renewal_test {
namespace {

using testing::Plane;
using testing::PlatformNode;

struct Scene {
  Plane plane;
  PlatformNode node{plane};
  Session session = node.MustEnroll();

  Result<Refreshed> Renew() {
    return Refresh(session, node.store, CurlTransports(), SystemClock(), {});
  }
  CredentialsPtr Stored() { return node.store.Load(SystemClock().UnixSeconds()).credentials; }
  std::string RenewalFile(std::string_view name) {
    return JoinPath(JoinPath(node.store.directory(), kRenewalDirectory), name);
  }
};

TEST_SUITE_BEGIN("renewal against the reference control plane");

TEST_CASE("a renewal is a new key and a new generation, and the old one stays beside it") {
  Scene scene;
  const CredentialsPtr old = scene.session.credentials();
  REQUIRE(scene.node.store.MarkProven(old->generation));
  const Result<Refreshed> renewed = scene.Renew();
  REQUIRE_MESSAGE(renewed.ok(), renewed.error().message());
  CHECK(renewed->credentials->generation == "gen-000002");
  CHECK(renewed->credentials->key_pem.Reveal() != old->key_pem.Reveal());
  CHECK(renewed->credentials->serial != old->serial);
  CHECK(scene.Stored()->serial == renewed->credentials->serial);
  CHECK_FALSE(Exists(scene.RenewalFile(kKeyFile)));
  CHECK(scene.session.credentials() == old);  // until the new one has been tried
  REQUIRE(Adopt(scene.session, renewed->credentials, CurlTransports(), SystemClock(), {}));
  CHECK(scene.session.credentials()->serial == renewed->credentials->serial);
  CHECK(scene.node.store.LoadProvenBefore("gen-000002")->serial == old->serial);
  CHECK(scene.plane.StatusJson().at("complaints").dump() == "[]");
}

TEST_CASE("an answer that is lost is asked for again, with the same key") {
  Scene scene;
  for (const std::string bytes : {"0", "1", "40", "600"}) {
    // Both tries of one renewal.
    scene.plane.Fault(
        {"lost-answer", "--route", "enroll/refresh", "--number", bytes, "--count", "2"});
    CHECK_FALSE(scene.Renew().ok());
  }
  REQUIRE(scene.Renew().ok());
  CHECK(scene.plane.StatusOf("n1").at("certificates").size() == 2);
}

TEST_CASE("a certificate with any flaw is not kept, and the old one goes on") {
  Scene scene;
  const std::string serial = scene.session.credentials()->serial;
  for (const std::string flaw :
       {"wrong-key", "wrong-name", "expired", "no-client-auth", "foreign-issuer"}) {
    CAPTURE(flaw);
    scene.plane.Fault({"flawed-leaf", "--route", "enroll/refresh", "--text", flaw});
    const Result<Refreshed> renewed = scene.Renew();
    REQUIRE_FALSE(renewed.ok());
    CHECK(renewed.error().code() == "bad_certificate");
    CHECK(scene.Stored()->serial == serial);
    CHECK(NodeApi(scene.session).GetStatus({}).ok());
    scene.plane.ClearFaults();
  }
  CHECK(scene.Renew().ok());
}

TEST_CASE("a new CA is trusted beside the old one, and alone once the platform shows it") {
  Scene scene;
  const std::string old_roots = scene.session.credentials()->ca_pem;
  scene.plane.Verb({"ca", "roll"});
  const auto renew = [&scene] {
    const Result<Refreshed> renewed = scene.Renew();
    REQUIRE_MESSAGE(renewed.ok(), renewed.error().message());
    CHECK_FALSE(renewed->roots_not_kept);
    REQUIRE(Adopt(scene.session, renewed->credentials, CurlTransports(), SystemClock(), {}));
  };
  renew();
  const std::string both = scene.session.credentials()->ca_pem;
  CHECK(both != old_roots);
  scene.plane.Verb({"ca", "roll", "--finish"});
  scene.plane.Restart();
  CHECK(NodeApi(scene.session).GetStatus({}).ok());
  renew();
  const std::string after = scene.session.credentials()->ca_pem;
  CHECK(after.find(old_roots) == std::string::npos);
  CHECK(scene.Stored()->ca_pem == after);
}

TEST_CASE("credentials that the platform refuses are not adopted") {
  Scene scene;
  const CredentialsPtr old = scene.session.credentials();
  const Result<Refreshed> renewed = scene.Renew();
  REQUIRE(renewed.ok());
  scene.plane.Fault({"status", "--route", "status", "--number", "401", "--count", "1"});
  const Status adopted =
      Adopt(scene.session, renewed->credentials, CurlTransports(), SystemClock(), {});
  REQUIRE_FALSE(adopted.ok());
  CHECK(adopted.error().code() == "unauthorized");
  CHECK(scene.session.credentials() == old);
  CHECK(NodeApi(scene.session).GetStatus({}).ok());
}

// `make bench` does a thousand.
TEST_CASE("renewals under load fail no request, and every thread is on the last one") {
  constexpr int kRenewals = 60;
  Scene scene;
  std::atomic<std::uint64_t> calls = 0;
  std::atomic<std::uint64_t> failed = 0;
  std::vector<std::jthread> users;
  for (const LaneName lane : {LaneName::kControl, LaneName::kTask, LaneName::kDownload})
    users.emplace_back([&scene, &calls, &failed, lane](std::stop_token stop) {
      while (!stop.stop_requested()) {
        const Result<Json> answer =
            scene.session.Call({.path = "status", .body = {}, .lane = lane}, {});
        ++calls;
        if (!answer) ++failed;
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
      }
    });
  for (int i = 0; i < kRenewals; ++i) {
    const Result<Refreshed> renewed = scene.Renew();
    REQUIRE_MESSAGE(renewed.ok(), renewed.error().message());
    const Status adopted =
        Adopt(scene.session, renewed->credentials, CurlTransports(), SystemClock(), {});
    REQUIRE_MESSAGE(adopted.ok(), adopted.error().message());
    REQUIRE(scene.node.store.MarkProven(renewed->credentials->generation));
  }
  for (std::jthread& user : users) user.request_stop();
  users.clear();
  CHECK(calls > kRenewals);
  CHECK(failed == 0);

  // What each lane uses from here on.
  const std::string serial = scene.session.credentials()->serial;
  CHECK(scene.Stored()->serial == serial);
  for (const LaneName lane : {LaneName::kControl, LaneName::kTask, LaneName::kDownload})
    CHECK(scene.session.Call({.path = "status", .body = {}, .lane = lane}, {}).ok());
  const std::vector<nlohmann::json> requests = scene.plane.Requests("status");
  for (std::size_t last = 1; last <= 3; ++last)
    CHECK(requests.at(requests.size() - last).at("peer_serial") == serial);
}

TEST_SUITE_END();

}  // namespace
}  // namespace powernode::enroll::renewal_test

#include <doctest/doctest.h>

#include "agent/base/random.h"
#include "tests/platform/test_node.h"

namespace powernode::platform::refresh_test {
namespace {

// Ten-minute certificates, and one node that has such a one.
struct Scene {
  Fixture plane{{"--certificate-lifetime", "600"}};
  TestNode node{plane, plane.AddNode("n1")};

  Scene() { REQUIRE(node.Enroll().status == 200); }
  void Advance(int seconds) { plane.Verb({"clock", "--advance", std::to_string(seconds)}); }
};

}  // namespace

TEST_SUITE_BEGIN("refresh");

TEST_CASE("a refresh issues a second certificate, and its first use revokes the one before") {
  Fixture plane;
  TestNode node(plane, plane.AddNode("n1"));
  REQUIRE(node.Enroll().status == 200);
  const std::string before = node.certificate_pem();
  const Reply refreshed = node.Refresh();
  REQUIRE(refreshed.status == 200);
  const std::string after = refreshed.Data().at("cert_pem").get<std::string>();
  CHECK(after != before);
  CHECK(node.Get("status").status == 200);  // the old one still works
  node.UseCertificate(after);
  CHECK(node.Get("status").status == 200);
  node.UseCertificate(before);
  const Reply old = node.Get("status");
  CHECK(old.status == 401);
  CHECK(old.Error() == "No active certificate on file");
}

TEST_CASE("a replaced certificate that nobody missed dies after a day") {
  Fixture plane;
  TestNode node(plane, plane.AddNode("n1"));
  REQUIRE(node.Enroll().status == 200);
  REQUIRE(node.Refresh().status == 200);
  plane.Verb({"clock", "--advance", std::to_string(24 * 3600 + 1)});
  CHECK(node.Get("status").status == 401);
}

TEST_CASE("a refresh that is repeated gives the same certificate") {
  Fixture plane;
  TestNode node(plane, plane.AddNode("n1"));
  REQUIRE(node.Enroll().status == 200);
  const Result<Key> next = MakeKey(KeyKind::kEcdsaP256);
  REQUIRE(next.ok());
  const json body = {{"csr_pem", MakeRequestPem(next->get())}};
  const Reply first = node.Post("enroll/refresh", body);
  const Reply second = node.Post("enroll/refresh", body);
  REQUIRE(first.status == 200);
  CHECK(first.Data().at("cert_pem") == second.Data().at("cert_pem"));
}

TEST_CASE("a request that fails leaves the certificate before alone") {
  Fixture plane;
  TestNode node(plane, plane.AddNode("n1"));
  REQUIRE(node.Enroll().status == 200);
  const std::string before = node.certificate_pem();
  node.UseCertificate(node.Refresh().Data().at("cert_pem").get<std::string>());
  CHECK(node.Get("modules/none").status == 404);
  plane.Fault({"status", "--route", "status", "--number", "500", "--count", "1"});
  CHECK(node.Get("status").status == 500);
  const std::string after = node.certificate_pem();
  node.UseCertificate(before);
  CHECK(node.Get("modules/none").status == 404);
  node.UseCertificate(after);
  CHECK(node.Get("status").status == 200);
  node.UseCertificate(before);
  CHECK(node.Get("status").status == 401);
}

TEST_CASE("the request id repeats a refresh for as long as its certificate is good") {
  Scene scene;
  const Result<Key> next = MakeKey(KeyKind::kEcdsaP256);
  REQUIRE(next.ok());
  const auto refresh = [&](const std::string& request_id) {
    return scene.node
        .Post("enroll/refresh",
              {{"csr_pem", MakeRequestPem(next->get())}, {"request_id", request_id}})
        .Data()
        .at("cert_pem");
  };
  const std::string id = RandomUuid();
  const json first = refresh(id);
  scene.Advance(400);
  CHECK(refresh(id) == first);
  CHECK(refresh(RandomUuid()) != first);
}

TEST_CASE("an expired certificate refreshes itself in the grace, and does nothing else") {
  Scene scene;
  scene.Advance(601);
  CHECK(scene.node.Refresh().Error() == "No active certificate on file");
  scene.plane.Verb({"set", "--refresh-grace", "3600"});
  CHECK(scene.node.Get("status").Error() == "No active certificate on file");
  CHECK(scene.node.Post("status/heartbeat", GoodHeartbeat()).status == 401);
  const Reply refreshed = scene.node.Refresh();
  REQUIRE(refreshed.status == 200);
  scene.node.UseCertificate(refreshed.Data().at("cert_pem").get<std::string>());
  CHECK(scene.node.Get("status").status == 200);
}

TEST_CASE("the grace ends, and a revoked certificate has none") {
  Scene scene;
  scene.plane.Verb({"set", "--refresh-grace", "3600"});
  scene.Advance(600 + 3601);
  CHECK(scene.node.Refresh().status == 401);
  scene.Advance(-10);
  scene.plane.Verb({"certificate", "revoke", "n1"});
  CHECK(scene.node.Refresh().status == 401);
}

TEST_CASE("settings stay over a restart, and a nonsensical one is refused") {
  Fixture plane({"--certificate-lifetime", "600"});
  plane.Verb({"set", "--refresh-grace", "5"});
  plane.Restart();
  const json settings = plane.Verb({"set", "--next-poll", "7"});
  CHECK(settings.at("leaf_lifetime_seconds") == 600);
  CHECK(settings.at("refresh_grace_seconds") == 5);
  CHECK(settings.at("next_poll_seconds") == 7);
  CHECK_THROWS(plane.Verb({"set", "--leaf-lifetime", "0"}));
  CHECK(plane.Verb({"set"}).at("leaf_lifetime_seconds") == 600);
}

TEST_SUITE_END();

}  // namespace powernode::platform::refresh_test

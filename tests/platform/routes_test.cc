#include <doctest/doctest.h>

#include "tests/platform/routes.h"
#include "tests/platform/test_node.h"

namespace powernode::platform::routes_test {

TEST_SUITE_BEGIN("routes");

TEST_CASE("patterns take well-formed ids only") {
  CHECK(Matches("modules/:id", {"modules", "m1"}));
  CHECK(Matches("modules", {"modules"}));
  CHECK_FALSE(Matches("modules/:id", {"modules"}));
  CHECK_FALSE(Matches("modules/:id", {"modules", "m1", "manifest"}));
  CHECK_FALSE(Matches("modules/:id", {"modules", ""}));
  CHECK_FALSE(Matches("modules/:id", {"modules", "../x"}));
  CHECK_FALSE(Matches("modules/:id", {"modules", ".."}));
  CHECK_FALSE(Matches("modules/:id", {"modules", std::string(65, 'a')}));
}

TEST_CASE("what is not run answers as the contract says it does") {
  struct Row {
    const char* path;
    int status;
    const char* member;
    const char* value;
  };
  Fixture plane;
  TestNode node(plane, plane.AddNode("n1"));
  REQUIRE(node.Enroll().status == 200);
  for (const Row& row : {
           Row{"storage_volume", 200, "storage_volume", "null"},
           Row{"storage_migrations", 200, "storage_migrations", "[]"},
           Row{"storage_assignments", 200, "assignments", "[]"},
           Row{"mount_points", 200, "mount_points", "[]"},
           Row{"config/sdwan", 200, "networks", "[]"},
           Row{"puppet/manifest", 200, "manifest", "\"\""},
           Row{"runtime/docker/config", 403, "", ""},
           Row{"boot_image/download", 404, "", ""},
           Row{"trust/policy", 404, "", ""},
           Row{"tasks/lease", 404, "", ""},
       }) {
    CAPTURE(std::string(row.path));
    const Reply reply = node.Get(row.path);
    CHECK(reply.status == row.status);
    CHECK(reply.Header("Content-Type") == "application/json; charset=utf-8");
    CHECK(reply.document.at("success") == (row.status == 200));
    if (row.status == 200) CHECK(reply.Data().at(row.member).dump() == row.value);
  }
}

TEST_CASE("configuration tells the node its name, its keys and its network") {
  Fixture plane;
  TestNode node(plane, plane.AddNode("web-1"));
  REQUIRE(node.Enroll().status == 200);
  const std::string keys = plane.Directory() + "/keys";
  std::ofstream(keys) << "ssh-ed25519 AAAA one\nssh-ed25519 BBBB two\n";
  plane.Verb({"node", "set", "web-1", "--authorized-keys", keys});
  CHECK(node.Get("config").Data().at("instance").at("name") == "web-1");
  CHECK(node.Get("config/authorized_keys").Data().at("keys_count") == 2);
  CHECK(node.Get("config/authorized_keys").Data().at("authorized_keys") ==
        "ssh-ed25519 AAAA one\nssh-ed25519 BBBB two");
  CHECK(node.Get("config/host_keys").Data().at("host_keys").is_object());
  CHECK(node.Get("config/network").Data().at("private_ip_address") == "127.0.0.1");
}

TEST_CASE("valid events are written, others are counted and complained about") {
  Fixture plane;
  TestNode node(plane, plane.AddNode("n1"));
  REQUIRE(node.Enroll().status == 200);
  const Reply reply = node.Post(
      "fleet/events", {{"events",
                        {{{"kind", "boot.composed"}, {"severity", "low"}, {"payload", {{"n", 1}}}},
                         {{"kind", "boot.composed"}, {"severity", "loud"}}}}});
  CHECK(reply.Data().at("written") == 1);
  CHECK(reply.Data().at("requested") == 2);
  CHECK(plane.StatusJson().at("events")[0].at("payload").at("n") == 1);
  CHECK(Complaints(plane, "known severity") == 1);
  CHECK(node.Post("fleet/events", json::object()).status == 422);
}

TEST_CASE("a body above its cap, or no JSON object, is refused") {
  Fixture plane;
  TestNode node(plane, plane.AddNode("n1"));
  REQUIRE(node.Enroll().status == 200);
  CHECK(node.Post("status", {{"status", std::string(70 << 10, 'x')}}).status == 413);
  CHECK(node.Post("status/heartbeat", json::array()).status == 400);
  CHECK(node.Post("status/heartbeat", {{"padding", std::string(3 << 20, 'x')}}).status == 413);
}

TEST_CASE("the record has every request and no secret") {
  Fixture plane;
  const FixtureNode identity = plane.AddNode("n1");
  TestNode node(plane, identity);
  REQUIRE(node.Enroll().status == 200);
  node.Get("status", {{"Authorization", "Bearer very-secret"}});
  const std::vector<json> enrolments = plane.Requests("enroll");
  REQUIRE(enrolments.size() == 1);
  CHECK(enrolments[0].at("key_sha256") == PublicKeySha256(node.key()).value());
  CHECK(enrolments[0].at("status") == 200);
  CHECK(enrolments[0].at("tls") == "TLSv1.3");
  CHECK(plane.Requests("status")[0].at("peer_cn") == node.id());
  CHECK(plane.Requests("claim").empty());
  const std::string record = plane.Run({"requests"});
  CHECK(record.find(identity.token) == std::string::npos);
  CHECK(record.find("very-secret") == std::string::npos);
  for (const char* file : {"/state.json", "/server.log"})
    CHECK(ReadWhole(plane.Directory() + file).find(identity.token) == std::string::npos);
}

TEST_SUITE_END();

}  // namespace powernode::platform::routes_test

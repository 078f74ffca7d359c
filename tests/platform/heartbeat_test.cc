#include <doctest/doctest.h>

#include "tests/platform/test_node.h"

namespace powernode::platform::heartbeat_test {

TEST_SUITE_BEGIN("heartbeat");

TEST_CASE("a heartbeat is kept, answered, and makes the node run") {
  Fixture plane;
  plane.Verb({"set", "--next-poll", "7"});
  TestNode node(plane, plane.AddNode("n1"));
  REQUIRE(node.Enroll().status == 200);
  CHECK(plane.StatusOf("n1").at("status") == "provisioning");
  plane.AddTask("n1", "sync");
  const Reply reply = node.Post("status/heartbeat", GoodHeartbeat());
  CHECK(reply.status == 200);
  CHECK(reply.Data().at("acknowledged") == true);
  CHECK(reply.Data().at("next_poll_seconds") == 7);
  CHECK(reply.Data().at("tasks_pending") == 1);
  CHECK(reply.Data().at("assignment_revision").is_number_integer());
  CHECK(reply.Data().at("features").size() == 11);
  const json entry = plane.StatusOf("n1");
  CHECK(entry.at("status") == "running");
  CHECK(entry.at("heartbeats") == 1);
  CHECK(entry.at("last_heartbeat") == GoodHeartbeat());
  CHECK(plane.StatusJson().at("complaints").empty());
}

TEST_CASE(
    "a certificate that is wanted anew is asked for in each answer, until another one comes") {
  Fixture plane;
  TestNode node(plane, plane.AddNode("n1"));
  REQUIRE(node.Enroll().status == 200);
  CHECK_FALSE(node.Post("status/heartbeat", GoodHeartbeat()).Data().contains("renew_certificate"));
  plane.Verb({"certificate", "renew", "n1"});
  for (int i = 0; i < 2; ++i)
    CHECK(node.Post("status/heartbeat", GoodHeartbeat()).Data().at("renew_certificate") == true);
}

TEST_CASE("a member of the wrong type is complained about, and the beat counts all the same") {
  struct Row {
    const char* patch;
    const char* complaint;
  };
  Fixture plane;
  TestNode node(plane, plane.AddNode("n1"));
  REQUIRE(node.Enroll().status == 200);
  for (const Row& row : {
           Row{R"({"boot_id":null})", "boot_id is missing"},
           Row{R"({"uptime_seconds":"91"})", "uptime_seconds has the wrong type"},
           Row{R"({"uptime_seconds":1.5})", "uptime_seconds has the wrong type"},
           Row{R"({"architecture":"riscv64"})", "architecture is neither"},
           Row{R"({"mount_state":"ok"})", "mount_state has the wrong type or value"},
           Row{R"({"node_mode":"diskless"})", "node_mode has the wrong type or value"},
           Row{R"({"module_digests":{"m1":"abc"}})", "module_digests: a value is not"},
           Row{R"({"module_digests":{"../x":"abc"}})", "malformed id"},
           Row{R"({"load_average":"0.1"})", "load_average has the wrong type"},
           Row{R"({"composition":{"source":"disk"}})", "composition.source has an unknown word"},
           Row{R"({"composition":{"attempts":"1"}})", "composition.attempts has the wrong type"},
           Row{R"({"persist":{"free_mib":1}})", "persist.state is missing"},
           Row{R"({"services":[{"module_id":"m1"}]})", "services[].service is missing"},
           Row{R"({"findings":{}})", "findings has the wrong type"},
           Row{R"({"booted_image_git_sha":"abc"})", "booted_image_git_sha has the wrong type"},
           Row{R"({"lkg_confirmed_at":5})", "lkg_confirmed_at has the wrong type"},
       }) {
    CAPTURE(std::string(row.complaint));
    json beat = GoodHeartbeat();
    beat.merge_patch(json::parse(row.patch));
    const std::int64_t before = Complaints(plane, row.complaint);
    CHECK(node.Post("status/heartbeat", beat).status == 200);
    CHECK(Complaints(plane, row.complaint) == before + 1);
  }
  json with_null = GoodHeartbeat();
  with_null["sdwan_state"] = nullptr;
  CHECK(node.Post("status/heartbeat", with_null).status == 200);
  CHECK(Complaints(plane, "sdwan_state is null") == 1);
}

TEST_CASE("the manners of every request are watched") {
  Fixture plane;
  TestNode node(plane, plane.AddNode("n1"));
  REQUIRE(node.Enroll().status == 200);
  node.Get("modules", {{"User-Agent", "curl/8"}});
  node.Get("modules", {{"X-Request-Id", "1"}});
  node.Get("modules", {{"Accept", "*/*"}});
  node.Get("modules", {{"X-Forwarded-For", "10.0.0.1"}});
  node.Post("status/heartbeat", GoodHeartbeat(), {{"Idempotency-Key", "x"}});
  for (const char* complaint :
       {"User-Agent", "X-Request-Id", "Accept is not", "X-Forwarded-For", "Idempotency-Key"})
    CHECK(Complaints(plane, complaint) == 1);
}

TEST_CASE("evidence is shown for people, and each of its members is held to its type") {
  Fixture plane;
  TestNode node(plane, plane.AddNode("n1"));
  REQUIRE(node.Enroll().status == 200);
  json beat = GoodHeartbeat();
  beat["module_evidence"] = {{{"module_id", "m1"},
                              {"digest", "sha256:" + std::string(64, 'a')},
                              {"fsverity_measured", "sha256:" + std::string(64, 'b')},
                              {"verity", true},
                              {"layer", 1},
                              {"mount_id", 4711},
                              {"keyid", std::string(64, 'c')},
                              {"units", {{{"unit", "web.service"}, {"state", "active"}}}}},
                             {{"module_id", "m2"},
                              {"digest", "sha256:" + std::string(64, 'd')},
                              {"verity", false},
                              {"identity", "ci@example.org"},
                              {"issuer", "https://issuer.test"}}};
  node.Post("status/heartbeat", beat);
  CHECK(Complaints(plane, "module_evidence") == 0);
  const std::string text = plane.Run({"status"});
  const std::size_t first = text.find("\nm1 ");
  REQUIRE(first != std::string::npos);
  const std::string line = text.substr(first, text.find('\n', first + 1) - first);
  for (const char* cell : {"n1", " 1 ", "4711", "kernel", "sha256:bbbbbbbbbbbb", "cccccccccccc"})
    CHECK(line.find(cell) != std::string::npos);
  CHECK(text.find("ci@example.org") != std::string::npos);
  beat["module_evidence"][0]["mount_id"] = "4711";
  beat["module_evidence"][1]["verity"] = "no";
  node.Post("status/heartbeat", beat);
  CHECK(Complaints(plane, "module_evidence[].mount_id has the wrong type") == 1);
  CHECK(Complaints(plane, "module_evidence[].verity has the wrong type") == 1);
}

TEST_CASE("a status report takes the agent's two words, and complains about others") {
  Fixture plane;
  TestNode node(plane, plane.AddNode("n1"));
  REQUIRE(node.Enroll().status == 200);
  const Reply reply = node.Post("status", {{"status", "rebooting"}, {"metrics", {{"load", 1}}}});
  CHECK(reply.Data().at("status_updated") == true);
  CHECK(reply.Data().at("current_status") == "rebooting");
  CHECK(node.Post("status", {{"status", "asleep"}}).status == 400);
  CHECK(node.Get("status").Data().at("instance").at("metrics").at("load") == 1);
  CHECK(node.Post("status", {{"status", "stopped"}}).status == 200);
  CHECK(Complaints(plane, "stopping and rebooting only") == 1);
}

TEST_SUITE_END();

}  // namespace powernode::platform::heartbeat_test

#include <doctest/doctest.h>

#include <sys/stat.h>

#include "tests/platform/test_node.h"

namespace powernode::platform::restart_test {

TEST_SUITE_BEGIN("restart");

TEST_CASE("nodes, certificates, modules and tasks survive an orderly end and a kill") {
  Fixture plane;
  const std::string ca = plane.CaPem();
  plane.AddModule(WriteImage(plane, "a", 1000), {"--name", "web", "--priority", "1", "--no-sign"});
  TestNode node(plane, plane.AddNode("n1"));
  REQUIRE(node.Enroll().status == 200);
  plane.Assign("n1", {"web"});
  plane.AddTask("n1", "sync");
  const json before = node.Get("modules").Data();

  plane.Restart();
  CHECK(plane.CaPem() == ca);
  CHECK(node.Get("modules").Data() == before);
  CHECK(node.Post("status/heartbeat", GoodHeartbeat()).status == 200);

  plane.Kill();
  CHECK(plane.StatusOf("n1").at("heartbeats") == 1);
  plane.Start();
  CHECK(node.Get("status/tasks").Data().at("count") == 1);
  CHECK(node.TryEnroll().Data().at("cert_pem") == node.certificate_pem());
}

TEST_CASE("commands work while it serves and while it does not") {
  Fixture plane;
  plane.AddNode("n1");
  plane.Stop();
  plane.AddNode("n2");
  plane.Fault({"status", "--route", "status", "--number", "503", "--count", "1"});
  CHECK(plane.StatusJson().at("nodes").size() == 2);
  plane.Start();
  CHECK(plane.StatusJson().at("nodes").size() == 2);
  CHECK(plane.StatusJson().at("faults").size() == 1);
}

TEST_CASE("a directory is served by one process, and its secrets are private") {
  Fixture plane;
  CHECK_THROWS(plane.Run({"serve", "--listen", "127.0.0.1:0"}));
  for (const char* file : {"/state.json", "/ca.key", "/control.json", "/requests.jsonl"}) {
    struct stat facts {};
    if (::stat((plane.Directory() + file).c_str(), &facts) != 0) continue;
    CAPTURE(file);
    CHECK((facts.st_mode & 077) == 0);
  }
}

TEST_CASE("the control listener wants its secret and stays on loopback") {
  Fixture plane;
  const json control = json::parse(ReadWhole(plane.Directory() + "/control.json"));
  const std::string address = control.at("address");
  httplib::Client client("127.0.0.1", std::stoi(address.substr(address.rfind(':') + 1)));
  const std::string body = R"({"verb":"status","arguments":{}})";
  const httplib::Result without = client.Post("/verb", body, "application/json");
  REQUIRE(without);
  CHECK(without->status == 403);
  Fixture other;
  other.Stop();
  CHECK_THROWS(other.Run({"serve", "--listen", "127.0.0.1:0", "--control", "0.0.0.0:0"}));
}

TEST_CASE("a mistake on the command line is said, and changes nothing") {
  Fixture plane;
  plane.AddNode("n1");
  for (const std::vector<std::string>& words : std::vector<std::vector<std::string>>{
           {"node", "add", "n1"},
           {"assign", "n1", "ghost"},
           {"assign", "ghost", "n1"},
           {"fault", "add", "unknown"},
           {"fault", "add", "status", "--number", "7"},
           {"task", "add", "n1", "sync", "--options", "[]"},
           {"module", "add", "/nonexistent", "--name", "x", "--priority", "1", "--no-sign"},
           {"clock", "--time", "yesterday"},
           {"claim", "confirm", "AAAAAAAA", "n1"},
       })
    CHECK_THROWS(plane.Run(words));
  const json status = plane.StatusJson();
  CHECK(status.at("faults").empty());
  CHECK(status.at("tasks").empty());
}

TEST_CASE("the human status names the node, its modules and what was refused") {
  Fixture plane;
  plane.AddModule(WriteImage(plane, "a", 2 << 20),
                  {"--name", "web", "--priority", "1", "--no-sign"});
  TestNode node(plane, plane.AddNode("n1"));
  REQUIRE(node.Enroll().status == 200);
  plane.Assign("n1", {"web"});
  json beat = GoodHeartbeat();
  beat["module_digests"]["web"] = node.Get("modules").Data().at("modules")[0].at("digest");
  node.Post("status/heartbeat", beat);
  std::string text = plane.Run({"status"});
  CHECK(text.find("1 of 1 running") != std::string::npos);
  CHECK(text.find("pivot") != std::string::npos);
  CHECK(text.find("2.0 MiB") != std::string::npos);
  CHECK(text.find("Nothing was refused") != std::string::npos);
  CHECK(plane.StatusOf("n1").at("up_to_date") == true);
  node.Get("nowhere");
  text = plane.Run({"status"});
  CHECK(text.find("refused: 404") != std::string::npos);
}

TEST_SUITE_END();

}  // namespace powernode::platform::restart_test

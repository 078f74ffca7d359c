// Killed at any system call of a task, from the list to the report, and started again, on a server
// of each generation: what may be repeated ends done, what may be done once is done once at most,
// and a reboot is one reboot that is reported when the node is back.
#include <doctest/doctest.h>

#include "tests/runtime/task_node.h"
#include "tests/support/cut_child.h"

namespace powernode::runtime::task_crash_test {
namespace {

using namespace testing;
using powernode::testing::CutEverywhere;
using powernode::testing::RunCutAt;

struct Server {
  explicit Server(const std::string& mode)
      : plane({"--mode", mode}), credentials(node.MustEnroll().credentials()) {
    settings.remote_exec = true;
  }

  Plane plane;
  enroll::testing::PlatformNode node{plane};
  enroll::CredentialsPtr credentials;
  Settings settings;
};

// A node with an empty journal that has one task.
struct Cut {
  Cut(Server& its_server, const std::string& command, const std::string& options = "{}")
      : server(its_server), id(server.plane.AddTask("n1", command, options).at("id")) {}
  ~Cut() { server.plane.Verb({"task", "set", id, "--status", "completed"}); }

  // In a child that shares nothing but the disk.
  int Work() {
    NotedPrograms programs(root);
    TaskProcess process(root, server.credentials, clock, programs, server.settings);
    process.Work();
    return 0;
  }
  // The processes that follow, each after all patience is over.
  void StartAgain() {
    for (int i = 0; i < 3; ++i) {
      if (root.Done("reboot") > 0) root.Boot("boot-2");
      Work();
      clock.Turn(310);
    }
    row = RowOf(server.plane, id);
  }
  bool Is(const char* status) const { return row.at("status") == status; }

  Server& server;
  std::string id;
  TaskRoot root;
  TurnedClock clock;
  nlohmann::json row;
};

TEST_SUITE_BEGIN("killed at any call");

TEST_CASE("what may be repeated ends done") {
  for (const char* mode : {"target", "gen2", "gen1"}) {
    CAPTURE(mode);
    Server server(mode);
    CutEverywhere([&](std::size_t cut) {
      Cut task(server, "sync");
      const std::optional<int> ended = RunCutAt(cut, [&] { return task.Work(); });
      task.StartAgain();
      CHECK(task.root.Done("sync") >= 1);
      CHECK(task.root.Done("sync") <= 2);
      CHECK(task.Is(std::string(mode) == "gen1" ? "pending" : "completed"));
      return ended;
    });
  }
}

TEST_CASE("what may be done once is done once at most, and its end is known") {
  for (const char* mode : {"target", "gen2", "gen1"}) {
    CAPTURE(mode);
    Server server(mode);
    CutEverywhere([&](std::size_t cut) {
      Cut task(server, "custom", R"({"command":"the command"})");
      const std::optional<int> ended = RunCutAt(cut, [&] { return task.Work(); });
      task.StartAgain();
      const int done = task.root.Done("the command");
      CHECK(done <= 1);
      if (std::string(mode) == "gen1") {
        CHECK(done == 0);
      } else {
        CHECK((task.Is("completed") || task.Is("failed")));
        if (task.Is("completed")) CHECK(done == 1);
        if (ended) CHECK(task.Is("completed"));
      }
      return ended;
    });
  }
}

TEST_CASE("a reboot is one reboot, reported when the node is back") {
  for (const char* mode : {"target", "gen2", "gen1"}) {
    CAPTURE(mode);
    Server server(mode);
    CutEverywhere([&](std::size_t cut) {
      Cut task(server, "reboot");
      const std::optional<int> ended = RunCutAt(cut, [&] { return task.Work(); });
      task.StartAgain();
      const int done = task.root.Done("reboot");
      CHECK(done <= 1);
      if (std::string(mode) == "gen1") {
        CHECK(done == 0);
      } else {
        CHECK(task.Is(done == 1 ? "completed" : "failed"));
        if (done == 1) CHECK(task.row.at("result").at("boot_id_after") == "boot-2");
      }
      return ended;
    });
  }
}

TEST_SUITE_END();

}  // namespace
}  // namespace powernode::runtime::task_crash_test

// Tasks from the list to the report, against the reference control plane in its three generations.
#include "runtime/task_runner.h"

#include <doctest/doctest.h>
#include <unistd.h>

#include <optional>
#include <thread>

#include "agent/base/state_file.h"
#include "tests/runtime/task_node.h"

namespace powernode::runtime::task_runner_test {
namespace {

using namespace testing;
using std::chrono::milliseconds;
using std::chrono::seconds;

struct Scene {
  explicit Scene(const std::string& mode = "target") : plane({"--mode", mode}) {
    credentials = node.MustEnroll().credentials();
    Restart();
  }

  void Restart() {
    process.reset();
    process.emplace(root, credentials, clock, real_programs ? SystemProcessRunner() : noted,
                    settings);
  }
  void AllowCommands() {
    Settings allowing;
    allowing.remote_exec = true;
    settings.Set(std::move(allowing));
  }
  // Commands of tasks are run in earnest.
  void UseRealPrograms() {
    AllowCommands();
    real_programs = true;
    Restart();
  }
  std::string Add(const std::string& command, const std::string& options = "{}") {
    return plane.AddTask("n1", command, options).at("id");
  }
  nlohmann::json Row(const std::string& id) { return RowOf(plane, id); }
  std::string StatusOf(const std::string& id) { return Row(id).at("status"); }
  std::size_t Asked(const std::string& id, const std::string& verb) {
    return plane.Requests("status/tasks/" + id + "/" + verb).size();
  }
  void Fault(const std::string& verb, Plane::Words words) {
    words.insert(words.begin() + 1, {"--route", "status/tasks/*/" + verb});
    plane.Fault(std::move(words));
  }
  void Work() { process->Work(); }
  std::string StateInJournal(const std::string& id) {
    TaskJournal journal(root.paths);
    REQUIRE(journal.Load());
    const TaskEntry* entry = journal.Find(id);
    if (entry == nullptr) return "none";
    constexpr const char* kNames[] = {"offered", "running", "finished", "reported", "unreported"};
    return kNames[static_cast<int>(entry->state)];
  }
  // An earlier process ended with this in the journal.
  void Left(const std::string& id, const std::string& command, TaskClass task_class,
            TaskState state, const std::string& lease = "") {
    TaskJournal journal(root.paths);
    REQUIRE(journal.Load());
    TaskEntry entry;
    entry.id = id;
    entry.command = command;
    entry.task_class = task_class;
    entry.attempt_id = "a1";
    entry.lease_token = lease;
    entry.state = state;
    entry.boot_id = "boot-1";
    entry.started_at = clock.UnixSeconds();
    if (state == TaskState::kFinished) {
      entry.finished_at = clock.UnixSeconds();
      entry.outcome = TaskDone({{"left", true}});
    }
    REQUIRE(journal.Put(std::move(entry)));
    Restart();
  }
  // Acknowledged by somebody, as attempt `attempt`; its lease.
  std::string Acknowledge(const std::string& id, const std::string& attempt) {
    const auto answer =
        enroll::TaskApi(process->session)
            .Acknowledge({.task_id = id, .attempt_id = attempt, .lease_token = ""}, "boot-1", {});
    REQUIRE(answer.ok());
    return answer->lease ? answer->lease->token : "";
  }

  Plane plane;
  enroll::testing::PlatformNode node{plane};
  enroll::CredentialsPtr credentials;
  TaskRoot root;
  TurnedClock clock;
  LiveSettings settings{Settings{}};
  NotedPrograms noted{root};
  bool real_programs = false;
  std::optional<TaskProcess> process;
};

TEST_SUITE_BEGIN("task runner");

TEST_CASE("a sync is taken, done and reported") {
  for (const char* mode : {"target", "gen2"}) {
    CAPTURE(mode);
    Scene scene(mode);
    const std::string id = scene.Add("sync");
    scene.Work();
    CHECK(scene.root.Done("sync") == 1);
    const nlohmann::json row = scene.Row(id);
    CHECK(row.at("status") == "completed");
    CHECK(row.at("result").at("status") == "unchanged");
    CHECK(row.at("result").at("composition") == "c1");
    CHECK(scene.StateInJournal(id) == "reported");
    CHECK(scene.plane.StatusJson().at("complaints").empty());
    CHECK(scene.process->findings.List().empty());
  }
}

TEST_CASE("the first generation takes no report: done once, and not again") {
  Scene scene("gen1");
  const std::string id = scene.Add("sync");
  scene.Work();
  CHECK(scene.root.Done("sync") == 1);
  CHECK(scene.StatusOf(id) == "pending");
  CHECK(scene.StateInJournal(id) == "unreported");
  CHECK(scene.process->Found("task_unreported"));
  scene.clock.Turn(8 * 24 * 3600);
  scene.Work();
  scene.Restart();
  scene.Work();
  CHECK(scene.root.Done("sync") == 1);
  CHECK(scene.Asked(id, "complete") == 1);
}

TEST_CASE("a refusal reaches the platform, whatever its generation") {
  for (const char* mode : {"target", "gen2", "gen1"}) {
    CAPTURE(mode);
    Scene scene(mode);
    const std::string custom = scene.Add("custom", R"({"command":"id"})");
    const std::string unit = scene.Add("stop", R"({"unit":"powernode-agent.service"})");
    const std::string unknown = scene.Add("make_coffee");
    const std::string storage = scene.Add("storage.mount");
    scene.Work();
    for (const std::string& id : {custom, unit, unknown, storage})
      CHECK(scene.StatusOf(id) == "failed");
    CHECK(std::string(scene.Row(custom).at("error")).find("remote_exec") != std::string::npos);
    CHECK(scene.Row(unknown).at("error") == "unknown_command: make_coffee");
    if (std::string(mode) == "target") {
      CHECK(scene.Row(custom).at("error_code") == "refused_by_policy");
      CHECK(scene.Row(unit).at("error_code") == "refused_by_policy");
      CHECK(scene.Row(storage).at("error_code") == "unknown_command");
    }
    CHECK_FALSE(Exists(scene.root.root / "done"));
    CHECK(scene.plane.StatusJson().at("complaints").empty());
  }
}

TEST_CASE("a reboot is reported when the node is back, and happens once") {
  for (const char* mode : {"target", "gen2"}) {
    CAPTURE(mode);
    Scene scene(mode);
    const std::string id = scene.Add("reboot");
    const std::string sync = scene.Add("sync");
    scene.Work();
    CHECK(scene.root.Done("reboot") == 1);
    CHECK(scene.StatusOf(id) == "running");
    scene.Restart();  // the agent, not the machine
    scene.Work();
    CHECK(scene.StatusOf(id) == "running");
    CHECK(scene.StatusOf(sync) == "pending");  // nothing new while the node goes down
    scene.root.Boot("boot-2");
    scene.Restart();
    scene.Work();
    const nlohmann::json row = scene.Row(id);
    CHECK(row.at("status") == "completed");
    CHECK(row.at("result") == nlohmann::json{{"status", "rebooted"},
                                             {"boot_id_before", "boot-1"},
                                             {"boot_id_after", "boot-2"}});
    CHECK(scene.StatusOf(sync) == "completed");
    scene.Work();
    CHECK(scene.root.Done("reboot") == 1);
  }
}

TEST_CASE("a reboot that does not come is a failure after five minutes") {
  Scene scene;
  const std::string id = scene.Add("reboot");
  scene.Work();
  scene.clock.Turn(250);
  scene.Work();
  CHECK(scene.StatusOf(id) == "running");
  scene.clock.Turn(60);
  scene.Work();
  CHECK(scene.Row(id).at("error_code") == "interrupted");
  CHECK(scene.root.Done("reboot") == 1);
}

TEST_CASE("what needs a confirmation waits for one, and asks every five minutes") {
  Scene scene("gen1");
  const std::string id = scene.Add("reboot");
  for (int i = 0; i < 5; ++i) scene.Work();
  CHECK(scene.Asked(id, "acknowledge") == 1);
  scene.clock.Turn(301);
  for (int i = 0; i < 5; ++i) scene.Work();
  CHECK(scene.Asked(id, "acknowledge") == 2);
  CHECK_FALSE(Exists(scene.root.root / "done"));
  CHECK(scene.StateInJournal(id) == "none");
}

TEST_CASE("what the server's own worker has is left alone") {
  for (const char* mode : {"target", "gen2", "gen1"}) {
    CAPTURE(mode);
    Scene scene(mode);
    const std::string id = scene.Add("sync");
    const std::string reboot = scene.Add("reboot");
    scene.plane.Verb({"task", "set", id, "--status", "running"});
    scene.plane.Verb({"task", "set", reboot, "--status", "acknowledged"});
    scene.Work();
    CHECK_FALSE(Exists(scene.root.root / "done"));
    CHECK(scene.Asked(id, "acknowledge") == 0);
    CHECK(scene.Asked(reboot, "acknowledge") == 0);
  }
}

TEST_CASE("a lease of another attempt is respected, and a 409 is left for the next list") {
  Scene scene;
  const std::string taken = scene.Add("sync");
  scene.Acknowledge(taken, "somebody");
  const std::string id = scene.Add("sync");
  scene.Fault("acknowledge", {"status", "--number", "409", "--count", "1"});
  scene.Work();
  CHECK(scene.root.Done("sync") == 0);
  CHECK(scene.StateInJournal(id) == "none");
  scene.Work();
  CHECK(scene.root.Done("sync") == 1);
  CHECK(scene.StatusOf(taken) == "running");
  CHECK(scene.StatusOf(id) == "completed");
}

TEST_CASE("after a 503 the same attempt asks again, a few seconds later") {
  Scene scene;
  const std::string id = scene.Add("reboot");
  scene.Fault("acknowledge", {"status", "--number", "503", "--count", "1"});
  scene.Work();
  CHECK(scene.StateInJournal(id) == "offered");
  scene.Work();
  CHECK(scene.Asked(id, "acknowledge") == 1);
  scene.clock.Turn(6);
  scene.Work();
  CHECK(scene.root.Done("reboot") == 1);
}

TEST_CASE("a lost answer to the acknowledgement loses no task and runs none twice") {
  for (const char* mode : {"target", "gen2"}) {
    CAPTURE(mode);
    Scene scene(mode);
    scene.AllowCommands();
    const std::string sync = scene.Add("sync");
    const std::string custom = scene.Add("custom", R"({"command":"the command"})");
    scene.Fault("acknowledge", {"close", "--number", "0", "--count", "2"});
    scene.Work();
    CHECK(scene.StatusOf(sync) == "running");
    CHECK(scene.StatusOf(custom) == "running");
    CHECK_FALSE(Exists(scene.root.root / "done"));
    scene.plane.ClearFaults();
    scene.clock.Turn(10);
    scene.Work();
    CHECK(scene.StatusOf(sync) == "completed");
    CHECK(scene.root.Done("sync") == 1);
    // Only a lease says that it was this node's.
    const bool leases = std::string(mode) == "target";
    CHECK(scene.StatusOf(custom) == (leases ? "completed" : "failed"));
    CHECK(scene.root.Done("the command") == (leases ? 1 : 0));
  }
}

TEST_CASE("a report that fails for an hour is repeated, and nothing is done again") {
  Scene scene;
  const std::string id = scene.Add("sync");
  scene.Fault("complete", {"status", "--number", "500"});
  scene.Work();
  for (int minute = 0; minute < 60; minute += 5) {
    scene.Work();
    scene.clock.Turn(300);
  }
  CHECK(scene.Asked(id, "complete") >= 4);
  CHECK(scene.Asked(id, "complete") <= 13);
  CHECK(scene.StateInJournal(id) == "finished");
  scene.plane.ClearFaults();
  scene.Restart();
  scene.Work();
  CHECK(scene.StatusOf(id) == "completed");
  CHECK(scene.root.Done("sync") == 1);
}

TEST_CASE("a report that fails for a day stays unreported") {
  Scene scene;
  const std::string id = scene.Add("sync");
  scene.Fault("complete", {"status", "--number", "500"});
  scene.Work();
  scene.clock.Turn(24 * 3600 + 60);
  scene.Work();
  CHECK(scene.StateInJournal(id) == "unreported");
  CHECK(scene.process->Found("task_unreported"));
  scene.plane.ClearFaults();
  scene.Work();
  CHECK(scene.root.Done("sync") == 1);
}

TEST_CASE("a lost answer to the report is no second report's error") {
  Scene scene("gen2");
  const std::string id = scene.Add("sync");
  scene.Fault("complete", {"close", "--number", "0", "--count", "1"});
  scene.Work();
  scene.plane.ClearFaults();
  scene.clock.Turn(20);
  scene.Work();
  CHECK(scene.StateInJournal(id) == "reported");
  CHECK(scene.root.Done("sync") == 1);
}

TEST_CASE("what an earlier process left in the journal is brought to its end") {
  Scene scene;
  const std::string repeat = scene.Add("sync");
  const std::string once = scene.Add("custom", R"({"command":"the command"})");
  const std::string finished = scene.Add("sync");
  const std::string reported = scene.Add("sync");
  scene.AllowCommands();
  scene.Acknowledge(repeat, "a1");
  const std::string lease_of_once = scene.Acknowledge(once, "a1");
  const std::string lease_of_finished = scene.Acknowledge(finished, "a1");
  scene.Left(repeat, "sync", TaskClass::kRepeat, TaskState::kRunning);
  scene.Left(once, "custom", TaskClass::kConfirmed, TaskState::kRunning, lease_of_once);
  scene.Left(finished, "sync", TaskClass::kRepeat, TaskState::kFinished, lease_of_finished);
  scene.Left(reported, "sync", TaskClass::kRepeat, TaskState::kReported);
  scene.Work();
  CHECK(scene.StatusOf(repeat) == "completed");
  CHECK(scene.root.Done("sync") == 1);
  CHECK(scene.Row(once).at("error_code") == "interrupted");
  CHECK(scene.root.Done("the command") == 0);
  CHECK(scene.Row(finished).at("result").at("left") == true);
  CHECK(scene.StatusOf(reported) == "pending");
}

TEST_CASE("interrupted is said on a server without leases, too") {
  Scene scene("gen2");
  const std::string id = scene.Add("custom", R"({"command":"the command"})");
  scene.AllowCommands();
  scene.Acknowledge(id, "a1");
  scene.Left(id, "custom", TaskClass::kConfirmed, TaskState::kRunning);
  scene.Work();
  CHECK(scene.StatusOf(id) == "failed");
  CHECK(std::string(scene.Row(id).at("error")).find("ended while") != std::string::npos);
  CHECK(scene.root.Done("the command") == 0);
}

TEST_CASE("what was refused when it was taken is not run by a process that would allow it") {
  Scene scene;
  const std::string id = scene.Add("custom", R"({"command":"the command"})");
  scene.AllowCommands();
  scene.Left(id, "custom", TaskClass::kRepeat, TaskState::kOffered);
  scene.Work();
  CHECK(scene.StatusOf(id) == "failed");
  CHECK(scene.root.Done("the command") == 0);
}

TEST_CASE("an empty list by mistake forgets nothing") {
  Scene scene("gen2");
  const std::string id = scene.Add("sync");
  scene.Fault("acknowledge", {"close", "--number", "0", "--count", "1"});
  scene.Work();
  scene.plane.ClearFaults();
  scene.plane.Fault({"empty-list", "--route", "status/tasks", "--count", "1"});
  scene.clock.Turn(10);
  scene.Work();
  CHECK(scene.StatusOf(id) == "completed");
}

TEST_CASE("nothing is taken that cannot be journalled") {
  Scene scene;
  const std::string id = scene.Add("sync");
  REQUIRE(MakeDirectories(DirectoryOf(scene.root.paths.agent_state), 0755));
  REQUIRE(WriteFile(scene.root.paths.agent_state, "in the way", 0644));
  scene.Work();
  CHECK(scene.Asked(id, "acknowledge") == 0);
  CHECK_FALSE(scene.process->findings.List().empty());
  REQUIRE(RemoveTree(scene.root.paths.agent_state));
  scene.Work();
  CHECK(scene.StatusOf(id) == "completed");
  CHECK(scene.process->findings.List().empty());
}

TEST_CASE("a command has its output kept, its children killed and its environment clean") {
  Scene scene;
  scene.UseRealPrograms();
  ::setenv("POWERNODE_SECRET", "not for tasks", 1);
  const std::string id =
      scene.Add("custom", R"({"command":"sleep 300 & echo $! >)" + scene.root.root.path().string() +
                              R"(/child; head -c 200000 /dev/zero | tr '\\0' x; env; exit 3"})");
  scene.Work();
  const nlohmann::json result = scene.Row(id).at("result");
  CHECK(scene.StatusOf(id) == "completed");
  CHECK(result.at("exit_code") == 3);
  CHECK(result.at("truncated") == true);
  CHECK(result.dump().size() <= 64 * 1024);
  CHECK(result.at("output").get<std::string>().find("POWERNODE_SECRET") == std::string::npos);
  CHECK(result.at("output").get<std::string>().find("PATH=") != std::string::npos);
  const Result<std::string> child = ReadFile(scene.root.root / "child", 100);
  REQUIRE(child);
  const pid_t pid = static_cast<pid_t>(std::stol(*child));
  const auto gone = [&] {
    const Result<std::string> stat = ReadFile("/proc/" + std::to_string(pid) + "/stat", 10'000);
    return !stat || stat->find(") Z ") != std::string::npos;
  };
  for (int i = 0; i < 100 && !gone(); ++i) ::usleep(10'000);
  CHECK(gone());
  ::unsetenv("POWERNODE_SECRET");
}

TEST_CASE("the time that it wishes for itself ends a command") {
  Scene scene;
  scene.UseRealPrograms();
  const std::string id = scene.Add("custom", R"({"command":"sleep 60","timeout_seconds":1})");
  const milliseconds began = SystemClock().Monotonic();
  scene.Work();
  CHECK(SystemClock().Monotonic() - began < seconds(20));
  CHECK(scene.Row(id).at("error_code") == "timeout");
}

TEST_CASE("a wish to cancel ends a command, and keeps one from beginning") {
  Scene scene;
  scene.UseRealPrograms();
  const std::string id = scene.Add("custom", R"({"command":"sleep 60"})");
  const milliseconds began = SystemClock().Monotonic();
  {
    const std::jthread operators([&] {
      for (int i = 0; i < 100 && scene.StatusOf(id) != "running"; ++i) ::usleep(50'000);
      scene.plane.Verb({"task", "cancel", id});
    });
    scene.Work();
  }
  CHECK(SystemClock().Monotonic() - began < seconds(30));
  CHECK(scene.Row(id).at("error_code") == "cancelled");
  const std::string late =
      scene.Add("custom", R"({"command":"touch )" + scene.root.root.path().string() + R"(/ran"})");
  scene.plane.Verb({"task", "cancel", late});
  scene.Work();
  CHECK(scene.Row(late).at("error_code") == "cancelled");
  CHECK_FALSE(Exists(scene.root.root / "ran"));
}

TEST_CASE("a lost lease stops what may be repeated, and is remarked on what may not") {
  Scene scene;
  const std::string id = scene.Add("sync");
  scene.Fault("progress", {"status", "--number", "409"});
  scene.process->sync_waits = true;
  const milliseconds began = SystemClock().Monotonic();
  scene.Work();
  CHECK(SystemClock().Monotonic() - began < seconds(20));
  CHECK(scene.StateInJournal(id) == "none");
  CHECK(scene.Asked(id, "complete") + scene.Asked(id, "fail") == 0);

  scene.UseRealPrograms();
  const std::string custom = scene.Add("custom", R"({"command":"sleep 1; echo whole"})");
  scene.Work();
  CHECK(scene.Row(custom).at("result").at("output") == "whole\n");
  CHECK(scene.Row(custom).at("events").back().at("message") == "lease lost");
}

TEST_CASE("an end that an older server has decided stops what may be repeated") {
  Scene scene("gen2");
  const std::string id = scene.Add("sync");
  scene.process->sync_waits = true;
  {
    const std::jthread operators([&] {
      for (int i = 0; i < 100 && scene.StatusOf(id) != "running"; ++i) ::usleep(50'000);
      scene.plane.Verb({"task", "set", id, "--status", "failed"});
    });
    scene.Work();
  }
  CHECK(scene.StateInJournal(id) == "none");
  CHECK(scene.Asked(id, "complete") + scene.Asked(id, "fail") == 0);
}

TEST_CASE("told to stop, it hands back what may be repeated and says of the rest what happened") {
  for (const bool repeat : {true, false}) {
    CAPTURE(repeat);
    Scene scene;
    scene.UseRealPrograms();
    scene.process->sync_waits = true;
    const std::string id =
        repeat ? scene.Add("sync") : scene.Add("custom", R"({"command":"sleep 60"})");
    std::stop_source source;
    std::optional<milliseconds> asked;
    {
      const std::jthread manager([&] {
        for (int i = 0; i < 100 && scene.StatusOf(id) != "running"; ++i) ::usleep(50'000);
        ::usleep(200'000);
        asked = SystemClock().Monotonic();
        source.request_stop();
      });
      scene.process->Work(source.get_token());
    }
    REQUIRE(asked);
    CHECK(SystemClock().Monotonic() - *asked < seconds(2));
    CHECK(scene.StatusOf(id) == (repeat ? "pending" : "failed"));
    CHECK(scene.StateInJournal(id) == (repeat ? "none" : "reported"));
    if (!repeat) CHECK(scene.Row(id).at("error_code") == "interrupted");
  }
}

TEST_SUITE_END();

}  // namespace
}  // namespace powernode::runtime::task_runner_test

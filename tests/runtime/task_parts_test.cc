// The parts of tasks that are values: the table of commands, the next step, outcomes, the journal,
// and what is refused.

#include <doctest/doctest.h>

#include "agent/base/clock.h"
#include "agent/base/files.h"
#include "agent/base/state_file.h"
#include "agent/base/syscalls.h"
#include "runtime/task_commands.h"
#include "runtime/task_journal.h"
#include "runtime/task_plan.h"
#include "runtime/task_runner.h"
#include "runtime/unit_directory.h"
#include "tests/enroll/sample_credentials.h"
#include "tests/enroll/scripted_platform.h"
#include "tests/support/temporary_directory.h"

namespace powernode::runtime::task_parts_test {
namespace {

using powernode::testing::TemporaryDirectory;
using std::chrono::seconds;

constexpr std::int64_t kNow = 1'770'000'000;
constexpr std::int64_t kDay = 24 * 3600;

TaskEntry Entry(const std::string& id, TaskState state, TaskClass task_class = TaskClass::kRepeat) {
  TaskEntry entry;
  entry.id = id;
  entry.command = "sync";
  entry.task_class = task_class;
  entry.attempt_id = "a1";
  entry.state = state;
  entry.boot_id = "b1";
  entry.started_at = kNow;
  return entry;
}

enroll::Task Listed(enroll::TaskStatus status, const std::string& holder = "") {
  enroll::Task task;
  task.id = "t1";
  task.command = "sync";
  task.status = status;
  task.lease_holder = holder;
  return task;
}

struct Node {
  TemporaryDirectory root;
  Paths paths = Paths::Below(root.path().string());
  std::string File() const { return paths.agent_state + "/tasks.json"; }
};

TEST_SUITE("task table") {
  TEST_CASE("every command of the contract has its class, and nothing else is known") {
    for (const char* name : {"sync", "sync_modules", "apply_config", "start", "stop", "restart",
                             "provision", "deprovision"})
      CHECK(FindTaskCommand(name).task_class == TaskClass::kRepeat);
    for (const char* name : {"reboot", "terminate", "ssh_command", "custom", "upgrade_boot_image"})
      CHECK(FindTaskCommand(name).task_class == TaskClass::kConfirmed);
    CHECK(FindTaskCommand("storage.mount").task_class == TaskClass::kOnce);
    for (const char* name : {"", "Sync", "sync ", "reboot now", "storage", "rm"})
      CHECK(FindTaskCommand(name).action == TaskAction::kUnknown);
  }
}

TEST_SUITE("task plan") {
  using Status = enroll::TaskStatus;

  TEST_CASE("what this node knows nothing of is taken while it is pending, and never else") {
    CHECK(NextTaskStep(Listed(Status::kPending), nullptr) == TaskStep::kTake);
    for (const Status status : {Status::kTaken, Status::kOver, Status::kUnknown})
      CHECK(NextTaskStep(Listed(status), nullptr) == TaskStep::kLeave);
  }

  TEST_CASE("what was begun, is finished or reported is left alone, whatever the list says") {
    for (const TaskState state :
         {TaskState::kRunning, TaskState::kFinished, TaskState::kReported, TaskState::kUnreported})
      for (const Status status : {Status::kPending, Status::kTaken, Status::kOver}) {
        const TaskEntry entry = Entry("t1", state);
        CHECK(NextTaskStep(Listed(status, "a1"), &entry) == TaskStep::kLeave);
      }
  }

  TEST_CASE("after a lost answer the list says whose it is") {
    const TaskEntry repeat = Entry("t1", TaskState::kOffered);
    const TaskEntry once = Entry("t1", TaskState::kOffered, TaskClass::kOnce);
    const TaskEntry confirmed = Entry("t1", TaskState::kOffered, TaskClass::kConfirmed);
    for (const TaskEntry* entry : {&repeat, &once, &confirmed}) {
      CHECK(NextTaskStep(Listed(Status::kPending), entry) == TaskStep::kTake);
      CHECK(NextTaskStep(Listed(Status::kTaken, "a1"), entry) == TaskStep::kTake);
      CHECK(NextTaskStep(Listed(Status::kTaken, "a2"), entry) == TaskStep::kForget);
      CHECK(NextTaskStep(Listed(Status::kOver), entry) == TaskStep::kForget);
      CHECK(NextTaskStep(Listed(Status::kUnknown), entry) == TaskStep::kLeave);
    }
    CHECK(NextTaskStep(Listed(Status::kTaken), &repeat) == TaskStep::kRun);
    CHECK(NextTaskStep(Listed(Status::kTaken), &once) == TaskStep::kInterrupt);
    CHECK(NextTaskStep(Listed(Status::kTaken), &confirmed) == TaskStep::kInterrupt);
  }
}

TEST_SUITE("task outcome") {
  TEST_CASE("a text is one line of at most 1 KiB") {
    const TaskOutcome failed = TaskFailed("code", std::string(5000, 'x') + "end");
    CHECK(failed.text.size() == 1024);
    CHECK(TaskFailed("code", "a\nb\x1b[31m").text == "a b [31m");
  }

  TEST_CASE("of much output the end is kept, as much as a report holds") {
    const Json little = ShellResult("custom", {.exit_code = 3, .output = "hello\n"});
    CHECK(
        little ==
        Json{{"command", "custom"}, {"exit_code", 3}, {"output", "hello\n"}, {"truncated", false}});
    for (const char filler : {'x', '\0', '\xff', '"'}) {
      CAPTURE(static_cast<int>(filler));
      const Json much = ShellResult(
          "custom", {.output = std::string(64 * 1024 - 3, filler) + "end", .truncated = true});
      CHECK(DumpJson(much).size() <= 64 * 1024);
      CHECK(DumpJson(much).size() > 60 * 1024);
      CHECK(much["output"].get<std::string>().ends_with("end"));
      CHECK(much["truncated"] == true);
    }
  }
}

TEST_SUITE("task journal") {
  TEST_CASE("what was put is there after a restart, and only root may read it") {
    Node node;
    TaskJournal journal(node.paths);
    REQUIRE(journal.Load());
    CHECK(journal.entries().empty());
    TaskEntry entry = Entry("t1", TaskState::kFinished, TaskClass::kConfirmed);
    entry.options_sha256 = "00ff";
    entry.lease_token = "L9";
    entry.finished_at = kNow + 5;
    entry.outcome = TaskDone({{"exit_code", 0}});
    REQUIRE(journal.Put(entry));
    TaskJournal again(node.paths);
    REQUIRE(again.Load());
    const TaskEntry* found = again.Find("t1");
    REQUIRE(found != nullptr);
    CHECK(found->command == "sync");
    CHECK(found->task_class == TaskClass::kConfirmed);
    CHECK(found->options_sha256 == "00ff");
    CHECK(found->attempt_id == "a1");
    CHECK(found->lease_token == "L9");
    CHECK(found->state == TaskState::kFinished);
    CHECK(found->boot_id == "b1");
    CHECK(found->started_at == kNow);
    CHECK(found->finished_at == kNow + 5);
    CHECK(found->outcome.ok);
    CHECK(found->outcome.result == Json{{"exit_code", 0}});
    CHECK((Stat(node.File())->st_mode & 07777) == 0600);
    REQUIRE(again.Forget("t1"));
    REQUIRE(journal.Load());
    CHECK(journal.entries().empty());
  }

  TEST_CASE("the result of what is settled is not kept") {
    Node node;
    TaskJournal journal(node.paths);
    TaskEntry entry = Entry("t1", TaskState::kReported);
    entry.outcome = TaskDone({{"output", "long"}});
    REQUIRE(journal.Put(entry));
    CHECK(journal.Find("t1")->outcome.ok);
    CHECK(journal.Find("t1")->outcome.result.empty());
  }

  TEST_CASE("what is settled is forgotten after seven days, unless the platform lists it") {
    Node node;
    TaskJournal journal(node.paths);
    for (const char* id : {"old", "listed", "new", "waiting"}) {
      TaskEntry entry = Entry(id, TaskState::kReported);
      entry.finished_at = kNow;
      if (std::string_view(id) == "new") entry.finished_at += kDay;
      if (std::string_view(id) == "waiting") entry.state = TaskState::kFinished;
      REQUIRE(journal.Put(std::move(entry)));
    }
    enroll::Task listed = Listed(enroll::TaskStatus::kPending);
    listed.id = "listed";
    REQUIRE(journal.Prune({listed}, kNow + 7 * kDay));
    CHECK(journal.entries().size() == 4);
    REQUIRE(journal.Prune({listed}, kNow + 7 * kDay + 1));
    CHECK(journal.Find("old") == nullptr);
    CHECK(journal.entries().size() == 3);
  }

  TEST_CASE("of a thousand the oldest that is settled makes room") {
    Node node;
    {
      Json tasks = Json::object();
      for (int i = 0; i < 1000; ++i)
        tasks["t" + std::to_string(i)] = {
            {"state", "reported"}, {"class", "R"}, {"finished_at", FormatTime(kNow + i)}};
      tasks["t1"]["state"] = "finished";
      REQUIRE(MakeDirectories(node.paths.agent_state, 0700));
      REQUIRE(WriteState({.path = node.File(), .format = "powernode-tasks"}, {{"tasks", tasks}}));
    }
    TaskJournal journal(node.paths);
    REQUIRE(journal.Load());
    CHECK(journal.full());
    enroll::Task listed = Listed(enroll::TaskStatus::kPending);
    listed.id = "t0";
    REQUIRE(journal.Prune({listed}, kNow + 2000));
    CHECK_FALSE(journal.full());
    CHECK(journal.Find("t0") != nullptr);
    CHECK(journal.Find("t1") != nullptr);
    CHECK(journal.Find("t2") == nullptr);
  }

  TEST_CASE(
      "a torn file is set aside, a newer one stays, and a strange entry is never done again") {
    Node node;
    REQUIRE(MakeDirectories(node.paths.agent_state, 0700));
    REQUIRE(WriteFile(node.File(), "{\"format\":\"powernode-tasks\"", 0600));
    TaskJournal journal(node.paths);
    CHECK(journal.Load().error().code() == "state_corrupt");
    CHECK_FALSE(Exists(node.File()));
    REQUIRE(WriteState({.path = node.File(), .format = "powernode-tasks", .version = 2},
                       {{"tasks", Json::object()}}));
    CHECK(journal.Load().error().code() == "state_newer");
    CHECK_FALSE(journal.Put(Entry("t1", TaskState::kOffered)));
    REQUIRE(WriteFile(node.File(), "", 0600));
    CHECK_FALSE(journal.Load());
    REQUIRE(WriteState({.path = node.File(), .format = "powernode-tasks"},
                       {{"tasks", {{"t1", {{"state", "paused"}}}, {"t2", 7}}}}));
    REQUIRE(journal.Load());
    CHECK(journal.Find("t1")->state == TaskState::kUnreported);
    CHECK(journal.Find("t2")->state == TaskState::kUnreported);
  }
}

// Programs that do nothing, and are remembered.
class NotingRunner : public ProcessRunner {
 public:
  Result<ProcessOutcome> Run(const std::vector<std::string>& argv, std::chrono::milliseconds,
                             std::stop_token) override {
    std::string line;
    for (const std::string& word : argv) line += (line.empty() ? "" : " ") + word;
    lines.push_back(line);
    return ProcessOutcome{.exit_code = exit_code, .output = "said\n"};
  }
  std::vector<std::string> lines;
  int exit_code = 0;
};

struct Commands : Node {
  Settings settings;
  LiveSettings live{settings};
  NotingRunner runner;
  Systemd systemd{runner};
  ReconcileRound round;
  TaskCommands commands{
      paths, live, &systemd, runner,
      [this](std::chrono::milliseconds, std::stop_token) { return Result<ReconcileRound>(round); }};

  static enroll::Task Make(const std::string& command, Json options = Json::object()) {
    enroll::Task task = Listed(enroll::TaskStatus::kPending);
    task.command = command;
    task.options = std::move(options);
    return task;
  }
  std::string RefusalOf(const enroll::Task& task) const {
    const std::optional<TaskOutcome> refusal = commands.Refusal(task, "i1");
    return refusal ? refusal->code : "";
  }
};

TEST_SUITE("task commands") {
  TEST_CASE("units: only modules' own and those of agent.conf, never the agent's") {
    Commands node;
    node.settings.task_units = {"nginx.service", "powernode-agent.service"};
    node.live.Set(node.settings);
    REQUIRE(
        SyncUnits(node.paths, {{.name = "powernode-m1-web.service",
                                .module_id = "m1",
                                .service = "web",
                                .content = "# powernode-unit v1 module=m1 digest=x body=y\n"}}));
    REQUIRE(WriteFile(node.paths.unit_directory + "/other.service", "[Unit]\n", 0644));
    for (const char* verb : {"start", "stop", "restart"}) {
      for (const char* unit : {"powernode-m1-web.service", "nginx.service"})
        CHECK(node.RefusalOf(Commands::Make(verb, {{"unit", unit}})).empty());
      for (const char* unit : {"powernode-agent.service", "powernode-boot.service", "other.service",
                               "powernode-*.service", "", "nginx"})
        CHECK(node.RefusalOf(Commands::Make(verb, {{"unit", unit}})) == "refused_by_policy");
      CHECK(node.RefusalOf(Commands::Make(verb)) == "refused_by_policy");
    }
    const enroll::Task restart = Commands::Make("restart", {{"unit", "nginx.service"}});
    const std::optional<TaskOutcome> done = node.commands.Run(restart, seconds(9), {});
    CHECK(done->result == Json{{"unit", "nginx.service"}, {"verb", "restart"}});
    CHECK(node.runner.lines ==
          std::vector<std::string>{"/usr/bin/systemctl restart -- nginx.service"});
    node.runner.exit_code = 1;
    CHECK(node.commands.Run(restart, seconds(9), {})->code == "unit_failed");
  }

  TEST_CASE("commands of the platform are refused until agent.conf lets them run") {
    Commands node;
    for (const char* name : {"custom", "ssh_command"}) {
      const enroll::Task task = Commands::Make(name, {{"command", "id"}});
      node.settings.remote_exec = false;
      node.live.Set(node.settings);
      CHECK(node.RefusalOf(task) == "refused_by_policy");
      node.settings.remote_exec = true;
      node.live.Set(node.settings);
      CHECK(node.RefusalOf(task).empty());
      CHECK(node.RefusalOf(Commands::Make(name)) == "bad_options");
      CHECK(node.RefusalOf(Commands::Make(name, {{"command", std::string("a\0b", 3)}})) ==
            "bad_options");
    }
    node.runner.exit_code = 4;
    const auto done =
        node.commands.Run(Commands::Make("custom", {{"command", "id -u"}}), seconds(9), {});
    CHECK(done->ok);
    CHECK(done->result["exit_code"] == 4);
    CHECK(done->result["output"] == "said\n");
    CHECK(DumpJson(done->result).find("id -u") == std::string::npos);  // it may hold a secret
    CHECK(node.runner.lines == std::vector<std::string>{"/bin/sh -c id -u"});
  }

  TEST_CASE("a command has the time that it wishes, within an hour; all else five minutes") {
    const auto patience = [](const char* name, Json options) {
      return TaskCommands::PatienceFor(Commands::Make(name, std::move(options))).count();
    };
    CHECK(patience("custom", Json::object()) == 300);
    CHECK(patience("custom", {{"timeout_seconds", 7}}) == 7);
    CHECK(patience("custom", {{"timeout_seconds", 7200}}) == 3600);
    CHECK(patience("custom", {{"timeout_seconds", -1}}) == 1);
    CHECK(patience("sync", {{"timeout_seconds", 7200}}) == 300);
  }

  TEST_CASE("an end needs the node's own id or a word in agent.conf") {
    Commands node;
    CHECK(node.RefusalOf(Commands::Make("terminate")) == "refused_by_policy");
    CHECK(node.RefusalOf(Commands::Make("terminate", {{"confirm_instance_id", "i2"}})) ==
          "refused_by_policy");
    const enroll::Task meant = Commands::Make("terminate", {{"confirm_instance_id", "i1"}});
    CHECK(node.RefusalOf(meant).empty());
    node.settings.allow_terminate = true;
    node.live.Set(node.settings);
    CHECK(node.RefusalOf(Commands::Make("terminate")).empty());
    CHECK(node.commands.Run(meant, seconds(9), {})->result["status"] == "powering_off");
    CHECK(node.runner.lines == std::vector<std::string>{"/usr/bin/systemctl --no-wall poweroff"});
  }

  TEST_CASE("a reboot has no outcome yet, and one that cannot begin has") {
    Commands node;
    CHECK_FALSE(node.commands.Run(Commands::Make("reboot"), seconds(9), {}));
    CHECK(node.runner.lines == std::vector<std::string>{"/usr/bin/systemctl --no-wall reboot"});
    node.runner.exit_code = 1;
    CHECK(node.commands.Run(Commands::Make("reboot"), seconds(9), {})->code == "systemd_failed");
  }

  TEST_CASE("a sync says what came of it") {
    Commands node;
    node.round.composition = "c1";
    const enroll::Task task = Commands::Make("sync");
    CHECK(node.commands.Run(task, seconds(9), {})->result == Json{{"status", "unchanged"},
                                                                  {"composition", "c1"},
                                                                  {"staged", nullptr},
                                                                  {"pending_reboot", false}});
    node.round.applied = true;
    CHECK(node.commands.Run(task, seconds(9), {})->result["status"] == "applied");
    node.round.error = Error(ErrorKind::kRefuted, "digest_mismatch", "module web: wrong");
    CHECK(node.commands.Run(task, seconds(9), {})->code == "digest_mismatch");
  }

  TEST_CASE("what is not ours to do is said to be unknown, and old words do nothing") {
    Commands node;
    for (const char* name : {"storage.mount", "upgrade_boot_image", "rm"}) {
      CHECK(node.RefusalOf(Commands::Make(name)) == "unknown_command");
      CHECK(node.commands.Refusal(Commands::Make(name), "i1")
                ->text.starts_with("unknown_command: " + std::string(name)));
    }
    for (const char* name : {"provision", "deprovision"})
      CHECK(node.commands.Run(Commands::Make(name), seconds(9), {})->result["status"] ==
            "noop_passthrough");
  }

  TEST_CASE("without a service manager nothing is started, stopped or rebooted") {
    Commands node;
    const TaskCommands bare(node.paths, node.settings, nullptr, node.runner, {});
    for (const char* name : {"start", "stop", "restart", "reboot", "terminate"})
      CHECK(bare.Refusal(Commands::Make(name), "i1")->code == "no_service_manager");
  }
}

// It is always the same second, but who sleeps sleeps.
class FixedClock : public Clock {
 public:
  std::int64_t UnixSeconds() const override { return kNow; }
  std::chrono::milliseconds Monotonic() const override { return SystemClock().Monotonic(); }
  bool Sleep(std::chrono::milliseconds duration, std::stop_token stop) override {
    return SystemClock().Sleep(duration, std::move(stop));
  }
};

// A server with one task and no leases, behind the transport seam.
struct OneTask : Commands {
  explicit OneTask(Json task) {
    platform.Answer([this, task](const HttpRequest& request) {
      Json data = {{"tasks", Json::array({task})}};
      if (request.method == "POST") {
        data = {{"task", {{"id", "t1"}, {"status", "running"}}}};
        posted.push_back(request.url.substr(request.url.rfind('/') + 1));
        body = *ParseJson(request.body);
      }
      const Json body_of_answer = {{"success", true}, {"data", std::move(data)}};
      return HttpResponse{.status = 200, .headers = {}, .body = DumpJson(body_of_answer)};
    });
  }

  std::vector<std::string> posted;
  Json body;  // of the newest
  enroll::testing::Authority authority;
  enroll::testing::ScriptedPlatform platform;
  FixedClock clock;
  Log log{-1, LogFormat::kPeople, LogLevel::kError};
  Findings findings{clock, log};
  enroll::Session session{
      std::make_shared<const enroll::Credentials>(enroll::testing::SampleCredentials(authority)),
      platform.Transports(), clock};
  TaskRunner runner_of_tasks{paths, commands, findings, clock, log};
};

TEST_SUITE("task deadline") {
  TEST_CASE("what is late is not begun, and what is in time is") {
    for (const std::int64_t left : {-1, 0, 60}) {
      CAPTURE(left);
      OneTask node({{"id", "t1"},
                    {"command", "provision"},
                    {"status", "pending"},
                    {"deadline_at", FormatTime(kNow + left)}});
      CHECK(node.runner_of_tasks.Round(node.session, {}).count() == 0);
      CHECK(node.posted == std::vector<std::string>{"acknowledge", left > 0 ? "complete" : "fail"});
      if (left <= 0) CHECK(node.body["code"] == "timeout");
    }
  }
}

}  // namespace
}  // namespace powernode::runtime::task_parts_test

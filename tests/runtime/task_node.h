// A node that does tasks, against the reference control plane: its own boot id, a clock that the
// test turns, and a note of everything that was carried out, on the disk, so that it outlives a
// kill.
#pragma once

#include <doctest/doctest.h>

#include <string>

#include "agent/base/files.h"
#include "runtime/task_runner.h"
#include "tests/enroll/platform_node.h"
#include "tests/support/temporary_directory.h"

namespace powernode::runtime::testing {

using Plane = platform::Fixture;

// The machine's time, moved.
class TurnedClock : public Clock {
 public:
  std::int64_t UnixSeconds() const override { return SystemClock().UnixSeconds() + seconds_; }
  std::chrono::milliseconds Monotonic() const override {
    return SystemClock().Monotonic() + std::chrono::seconds(seconds_);
  }
  bool Sleep(std::chrono::milliseconds duration, std::stop_token stop) override {
    return SystemClock().Sleep(duration, std::move(stop));
  }
  void Turn(std::int64_t seconds) { seconds_ += seconds; }

 private:
  std::int64_t seconds_ = 0;
};

// The directory that a node takes for `/`, and what was done in it.
struct TaskRoot {
  TaskRoot() {
    Boot("boot-1");
    paths = Paths::Below(root.path().string());
  }

  void Boot(const std::string& id) {
    const std::string proc = root.path().string() + "/proc";
    REQUIRE(MakeDirectories(proc + "/sys/kernel/random", 0755));
    REQUIRE(WriteFile(proc + "/uptime", "10.0 10.0\n", 0644));
    REQUIRE(WriteFile(proc + "/sys/kernel/random/boot_id", id + "\n", 0644));
  }
  void Note(const std::string& what) const { (void)AppendFile(root / "done", what + "\n", 0644); }
  // How often.
  int Done(const std::string& what) const {
    const Result<std::string> text = ReadFile(root / "done", 1 << 20);
    int count = 0;
    for (std::size_t at = 0; text && (at = text->find(what + "\n", at)) != std::string::npos; ++at)
      ++count;
    return count;
  }

  powernode::testing::TemporaryDirectory root;
  Paths paths;
};

// systemctl and the shell, noted and not run.
class NotedPrograms : public ProcessRunner {
 public:
  explicit NotedPrograms(const TaskRoot& root) : root_(root) {}
  Result<ProcessOutcome> Run(const std::vector<std::string>& argv, std::chrono::milliseconds,
                             std::stop_token) override {
    root_.Note(argv.back());
    return ProcessOutcome{.exit_code = 0, .output = "said\n"};
  }

 private:
  const TaskRoot& root_;
};

// One process of the agent, from its start to its end.
struct TaskProcess {
  TaskProcess(TaskRoot& node, enroll::CredentialsPtr credentials, TurnedClock& time,
              ProcessRunner& programs, LiveSettings settings)
      : root(node),
        clock(time),
        session(std::move(credentials), enroll::CurlTransports(), clock),
        systemd(programs),
        commands(root.paths, std::move(settings), &systemd, programs,
                 [this](std::chrono::milliseconds patience, std::stop_token stop) {
                   return Sync(patience, std::move(stop));
                 }),
        runner(root.paths, commands, findings, clock, log,
               {.watch = std::chrono::milliseconds(100)}) {}

  Result<ReconcileRound> Sync(std::chrono::milliseconds patience, std::stop_token stop) {
    root.Note("sync");
    if (sync_waits && clock.Sleep(patience, stop))
      return Error(ErrorKind::kUnavailable, "timeout", "waited long enough");
    if (sync_waits) return Error(ErrorKind::kUnavailable, "stopped", "stopped");
    return ReconcileRound{.error = {}, .composition = "c1"};
  }

  // As the loop does it, until there is nothing to be done at once.
  void Work(std::stop_token stop = {}) {
    while (runner.Round(session, stop).count() == 0) {
    }
  }
  bool Found(const std::string& code) const {
    for (const Finding& finding : findings.List())
      if (finding.code == code) return true;
    return false;
  }

  TaskRoot& root;
  TurnedClock& clock;
  bool sync_waits = false;
  Log log{-1, LogFormat::kPeople, LogLevel::kError};
  Findings findings{clock, log};
  enroll::Session session;
  Systemd systemd;
  TaskCommands commands;
  TaskRunner runner;
};

inline nlohmann::json RowOf(const Plane& plane, const std::string& id) {
  const nlohmann::json status = plane.StatusJson();
  for (const nlohmann::json& row : status.at("tasks"))
    if (row.at("id") == id) return row;
  FAIL("the platform has no task " << id);
  return {};
}

}  // namespace powernode::runtime::testing

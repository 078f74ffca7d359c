// What is told of a node without its service.
#include "runtime/first_report.h"

#include <doctest/doctest.h>

#include "agent/base/files.h"
#include "agent/base/lock_file.h"
#include "runtime/attempts.h"
#include "runtime/staged_set.h"
#include "tests/runtime/sample.h"
#include "tests/support/temporary_directory.h"

namespace powernode::runtime::first_report_test {
namespace {

using powernode::testing::TemporaryDirectory;
using testing::SampleModule;

struct Tree {
  Tree() { REQUIRE(MakeDirectories(paths.run, 0755)); }
  TemporaryDirectory root;
  Paths paths = Paths::Below(root.path().string());
  Log log{-1, LogFormat::kPeople, LogLevel::kError};
  Findings findings{SystemClock(), log};
};

TEST_SUITE_BEGIN("first report");

TEST_CASE("names the running, the staged and the last good set, each with its attempts") {
  Tree tree;
  const Composition running{.modules = {SampleModule("a", 1)}};
  const Composition staged{.modules = {SampleModule("a", 1), SampleModule("b", 2)}};
  const std::string boot_id = *BootId(tree.paths);
  REQUIRE(WriteBreadcrumb(tree.paths,
                          {.composition = running, .mode = NodeMode::kPivot, .boot_id = boot_id}));
  REQUIRE(Promote(tree.paths,
                  {.composition = running, .mode = NodeMode::kPivot, .boot_id = boot_id}, 1000));
  REQUIRE(Stage(tree.paths, staged, 2000));
  REQUIRE(CountAttempt(tree.paths, CompositionHash(staged.modules), "boot-1", 2000));
  REQUIRE(CountAttempt(tree.paths, CompositionHash(staged.modules), "boot-2", 3000));

  const NodeReport report = FirstReport(tree.paths, tree.findings);
  CHECK(tree.findings.List().empty());
  CHECK(report.staged_attempts == 2);
  CHECK(report.attempts == 0);
  const Json status = StatusBody(report, nullptr, {}, Json::array(), 4000);
  const Json& sets = status["sets"];
  CHECK(sets["running"]["composition"] == CompositionHash(running.modules));
  CHECK(sets["staged"]["composition"] == CompositionHash(staged.modules));
  CHECK(sets["staged"]["modules"] == 2);
  CHECK(sets["staged"]["attempts"] == 2);
  CHECK(sets["last_good"]["composition"] == CompositionHash(running.modules));
  CHECK(sets["last_good"]["confirmed_at"] == FormatTime(1000));
  CHECK(status["composition"]["staged"] == CompositionHash(staged.modules));
  CHECK(status["schema"] == "powernode-status");
  CHECK(status["version"] == 1);
  CHECK(status["modules"][0]["layer"] == "missing");
}

TEST_CASE("a node without any set has none") {
  Tree tree;
  const NodeReport report = FirstReport(tree.paths, tree.findings);
  CHECK(StatusBody(report, nullptr, {}, Json::array(), 1)["sets"].empty());
  CHECK(tree.findings.List().empty());
}

TEST_CASE("a service runs exactly while it holds its lock") {
  Tree tree;
  CHECK(ServiceRuns(tree.paths) == false);
  {
    const auto lock = LockFile::Take(tree.paths.agent_lock, "test", std::chrono::milliseconds(0));
    REQUIRE(lock);
    CHECK(ServiceRuns(tree.paths) == true);
  }
  CHECK(Exists(tree.paths.agent_lock));
  CHECK(ServiceRuns(tree.paths) == false);
}

TEST_SUITE_END();

}  // namespace
}  // namespace powernode::runtime::first_report_test

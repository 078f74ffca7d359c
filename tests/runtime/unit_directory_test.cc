#include "runtime/unit_directory.h"

#include <doctest/doctest.h>

#include "agent/base/files.h"
#include "tests/support/temporary_directory.h"

namespace powernode::runtime::unit_directory_test {
namespace {

using powernode::testing::TemporaryDirectory;

UnitFile Unit(const std::string& service, const std::string& command) {
  enroll::Service wanted;
  wanted.name = service;
  wanted.start_command = command;
  return *RenderUnit({.module_id = "m", .module_name = "m", .digest = "sha256:00"}, wanted, {});
}

TEST_SUITE("unit directory") {
  TEST_CASE("units are added, changed and removed, and a second run changes nothing") {
    const TemporaryDirectory root;
    const Paths paths = Paths::Below(root.path().string());
    const auto first = SyncUnits(paths, {Unit("a", "/bin/a"), Unit("b", "/bin/b")});
    REQUIRE(first);
    CHECK(first->added.size() == 2);
    CHECK(Exists(paths.unit_directory + "/multi-user.target.wants/powernode-m-a.service"));

    CHECK(SyncUnits(paths, {Unit("a", "/bin/a"), Unit("b", "/bin/b")})->empty());

    const auto changed = SyncUnits(paths, {Unit("a", "/bin/other")});
    REQUIRE(changed);
    CHECK(changed->changed == std::vector<std::string>{"powernode-m-a.service"});
    CHECK(changed->removed == std::vector<std::string>{"powernode-m-b.service"});
    CHECK_FALSE(Exists(paths.unit_directory + "/powernode-m-b.service"));
    CHECK_FALSE(Exists(paths.unit_directory + "/multi-user.target.wants/powernode-m-b.service"));
  }

  TEST_CASE("a file without our marker is neither overwritten nor removed") {
    const TemporaryDirectory root;
    const Paths paths = Paths::Below(root.path().string());
    REQUIRE(MakeDirectories(paths.unit_directory, 0755));
    const std::string theirs = paths.unit_directory + "/powernode-m-a.service";
    REQUIRE(WriteFile(theirs, "[Service]\nExecStart=/bin/theirs\n", 0644));
    const auto changes = SyncUnits(paths, {Unit("a", "/bin/a")});
    REQUIRE(changes);
    CHECK(changes->findings.size() == 1);
    REQUIRE(SyncUnits(paths, {}));
    CHECK(ReadFile(theirs, 4096)->find("theirs") != std::string::npos);
  }

  TEST_CASE("a plan writes nothing") {
    const TemporaryDirectory root;
    const Paths paths = Paths::Below(root.path().string());
    const auto plan = PlanUnits(paths, {Unit("a", "/bin/a")});
    REQUIRE(plan);
    CHECK(plan->added.size() == 1);
    CHECK_FALSE(Exists(paths.unit_directory));
  }
}

}  // namespace
}  // namespace powernode::runtime::unit_directory_test

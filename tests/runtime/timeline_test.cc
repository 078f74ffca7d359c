#include "runtime/timeline.h"

#include <doctest/doctest.h>

#include "agent/base/files.h"
#include "agent/base/syscalls.h"
#include "runtime/boot_console.h"
#include "tests/enroll/scripted_platform.h"
#include "tests/support/temporary_directory.h"

namespace powernode::runtime::timeline_test {
namespace {

using namespace std::chrono_literals;
using powernode::testing::TemporaryDirectory;

std::string Text(const Timeline& timeline) {
  std::string text;
  for (const TimelineStage& stage : timeline.stages())
    text += stage.stage + " " + std::to_string(stage.start.count()) + "-" +
            std::to_string(stage.end.count()) + ";";
  return text;
}

// A tree with a kernel of its own.
struct Tree {
  Tree() {
    REQUIRE(MakeDirectories(DirectoryOf(root.path().string() + "/proc/sys/kernel/random/x"), 0755));
    REQUIRE(WriteFile(root.path().string() + "/proc/uptime", "5.00 9.00\n", 0644));
    SetBoot("boot-1");
    paths = Paths::Below(root.path().string());
    REQUIRE(MakeDirectories(paths.run, 0755));
  }
  void SetBoot(const std::string& id) {
    REQUIRE(WriteFile(root.path().string() + "/proc/sys/kernel/random/boot_id", id + "\n", 0644));
  }
  TemporaryDirectory root;
  Paths paths;
};

TEST_SUITE_BEGIN("timeline");

TEST_CASE("a stage begins when the one before it ended and lasts until it speaks last") {
  Timeline timeline;
  timeline.Begin(4000ms);
  timeline.Note("kernel", "Linux", 4100ms);
  timeline.Note("fetch", "a", 5000ms);
  timeline.Note("verify", "a", 5010ms);
  timeline.Note("fetch", "b", 6000ms);
  timeline.Note("verify", "b", 6020ms);
  timeline.Note("mount", "a, b", 6030ms);
  CHECK(Text(timeline) ==
        "start 0-4000;kernel 4000-4100;fetch 4100-6000;verify 5000-6020;mount 6020-6030;");
  CHECK(timeline.stages()[2].detail == "b");
  CHECK(timeline.end() == 6030ms);
}

TEST_CASE("another try has stages of its own, and a week of tries is bounded") {
  Timeline timeline;
  timeline.Begin(1000ms);
  timeline.Note("identity", "first", 2000ms);
  timeline.NextRound();
  timeline.Note("identity", "second", 3000ms);
  CHECK(Text(timeline) == "start 0-1000;identity 1000-2000;identity 2000-3000;");
  for (int round = 0; round < 1000; ++round) {
    timeline.NextRound();
    timeline.Note("fetch", "again", 4000ms + round * 1s);
    timeline.Note("rescue", "again", 4500ms + round * 1s);
  }
  CHECK(timeline.stages().size() == 64);
  CHECK(timeline.stages()[1].detail == "first");
  CHECK(timeline.stages().back().end == 4500ms + 999s);
  timeline.Note("fetch", "the same round", 2000s);
  CHECK(timeline.stages().size() == 64);
}

TEST_CASE("is read back by the same boot, and by no other") {
  Tree tree;
  Timeline timeline;
  timeline.Begin(1000ms);
  timeline.Note("kernel", "a\nb\x1b[2J " + std::string(1000, 'x'), 1500ms);
  REQUIRE(timeline.Write(tree.paths, "boot-1"));
  const Result<Timeline> same = Timeline::Read(tree.paths);
  REQUIRE(same);
  CHECK(Text(*same) == Text(timeline));
  CHECK(same->stages()[1].detail.starts_with("a b [2J xxx"));
  CHECK(same->stages()[1].detail.size() < 200);
  tree.SetBoot("boot-2");
  CHECK(Timeline::Read(tree.paths)->stages().empty());
}

TEST_CASE("a file that is not one is no timeline, and its times are not believed") {
  Tree tree;
  CHECK(Timeline::Read(tree.paths)->stages().empty());
  REQUIRE(WriteFile(tree.paths.run + "/timeline.json", "{}", 0644));
  CHECK_FALSE(Timeline::Read(tree.paths));
  REQUIRE(AddStageOnce(tree.paths, "boot-1", {.stage = "service ready", .start = 5ms, .end = 9ms}));
  CHECK(Text(*Timeline::Read(tree.paths)) == "start 0-5;service ready 5-9;");
  Timeline backwards;
  backwards.Add({.stage = "x", .start = 9s, .end = -5s, .detail = ""});
  REQUIRE(backwards.Write(tree.paths, "boot-1"));
  CHECK(Text(*Timeline::Read(tree.paths)) == "x 9000-9000;");
}

TEST_CASE("the service adds each of its stages once, however often it is started") {
  Tree tree;
  Timeline boot;
  boot.Begin(1000ms);
  REQUIRE(boot.Write(tree.paths, "boot-1"));
  for (const auto at : {3000ms, 8000ms})
    REQUIRE(AddStageOnce(tree.paths, "boot-1",
                         {.stage = "service ready", .start = at - 500ms, .end = at}));
  CHECK(Text(*Timeline::Read(tree.paths)) == "start 0-1000;service ready 2500-3000;");
}

TEST_CASE("the boot console notes what it says, and keeps it for after the switch") {
  Tree tree;
  enroll::testing::StandingClock clock(1'000'000);
  const Fd null = *Open("/dev/null", O_WRONLY);
  BootConsole console(null.get(), tree.paths, clock);
  clock.Sleep(250ms, {});
  console.Say("kernel", "Linux");
  clock.Sleep(1s, {});
  console.Fail("identity", Error(ErrorKind::kNotFound, "no_identity", "nobody knows"));
  console.Keep(tree.paths, "boot-1");
  const Result<Timeline> kept = Timeline::Read(tree.paths);
  REQUIRE(kept);
  CHECK(Text(*kept) == "start 0-5000;kernel 5000-5250;identity 5250-6250;");
  CHECK(kept->stages()[2].detail == "failed: nobody knows [no_identity]");
}

TEST_SUITE_END();

}  // namespace
}  // namespace powernode::runtime::timeline_test

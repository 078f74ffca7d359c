// Each writer of a state file, killed before every system call: what is read next is the body that
// was there before, or the one that was to be written, and nothing else; and the writer, started
// again, comes to its end.
#include <doctest/doctest.h>

#include "agent/base/files.h"
#include "runtime/attempts.h"
#include "runtime/breadcrumb.h"
#include "runtime/claim_state.h"
#include "runtime/last_known_good.h"
#include "runtime/manifest_cache.h"
#include "runtime/node_clock.h"
#include "runtime/node_policy.h"
#include "runtime/staged_set.h"
#include "runtime/state_files.h"
#include "runtime/trust_state.h"
#include "tests/runtime/sample.h"
#include "tests/support/cut_child.h"
#include "tests/support/temporary_directory.h"

namespace powernode::runtime::state_crash_test {
namespace {

using powernode::testing::CutEverywhere;
using powernode::testing::RunCutAt;
using testing::SampleModule;

constexpr std::int64_t kNow = 1'800'000'000;
constexpr std::size_t kLeastCalls = 1;

Composition Set(const std::string& id) { return {.modules = {SampleModule(id, 1)}}; }
Breadcrumb Running(const std::string& id) { return {.composition = Set(id), .boot_id = "boot"}; }

struct Writer {
  void (*prepare)(const Paths&);      // the state before
  Status (*write)(const Paths&);      // the change
  std::string (*read)(const Paths&);  // what the next start sees of it
};

std::string Id(const Result<std::optional<LastKnownGood>>& good) {
  if (!good) return good.error().code();
  return *good ? (*good)->composition.modules[0].id : "none";
}

std::string Attempts(const Paths& paths) {
  std::string text;
  for (const Attempt& attempt : LoadAttempts(paths))
    text += attempt.composition + std::to_string(attempt.attempts) + attempt.last_result + " ";
  return text;
}

std::string Staged(const Paths& paths) {
  const auto staged = StagedSet(paths);
  if (!staged) return staged.error().code();
  return *staged ? (*staged)->modules[0].id : "none";
}

struct Scene {
  Scene() {
    const std::string proc = root / "proc";
    REQUIRE(MakeDirectories(proc + "/sys/kernel/random", 0755));
    REQUIRE(WriteFile(proc + "/uptime", "1.0 1.0\n", 0644));
    REQUIRE(WriteFile(proc + "/sys/kernel/random/boot_id", "boot\n", 0644));
    paths = Paths::Below(root.path().string());
    REQUIRE(MakeDirectories(paths.run, 0755));
  }
  powernode::testing::TemporaryDirectory root;
  Paths paths;
};

void CheckCutEverywhere(const Writer& writer) {
  std::string before;
  std::string after;
  {
    const Scene scene;
    if (writer.prepare != nullptr) writer.prepare(scene.paths);
    before = writer.read(scene.paths);
    REQUIRE(writer.write(scene.paths));
    after = writer.read(scene.paths);
    REQUIRE(before != after);
  }
  CutEverywhere(
      [&](std::size_t cut) {
        const Scene scene;
        if (writer.prepare != nullptr) writer.prepare(scene.paths);
        const std::optional<int> ended =
            RunCutAt(cut, [&] { return writer.write(scene.paths) ? 0 : 1; });
        const std::string seen = writer.read(scene.paths);
        CHECK_MESSAGE((seen == before || seen == after), seen);
        CHECK(CheckStateFiles(scene.paths, kNow).empty());
        CHECK(writer.write(scene.paths));
        CHECK(writer.read(scene.paths) == after);
        return ended;
      },
      kLeastCalls);
}

TEST_SUITE_BEGIN("killed at any call");

TEST_CASE("stage") {
  CheckCutEverywhere({.prepare = nullptr,
                      .write = [](const Paths& p) { return Stage(p, Set("b"), kNow); },
                      .read = Staged});
  CheckCutEverywhere({.prepare = [](const Paths& p) { REQUIRE(Stage(p, Set("a"), kNow)); },
                      .write = [](const Paths& p) { return Stage(p, Set("b"), kNow); },
                      .read = Staged});
}

TEST_CASE("unstage") {
  CheckCutEverywhere({.prepare = [](const Paths& p) { REQUIRE(Stage(p, Set("a"), kNow)); },
                      .write = [](const Paths& p) { return Unstage(p); },
                      .read = Staged});
}

TEST_CASE("promote: there is a good set at each moment, and the former one stays") {
  CheckCutEverywhere({.prepare =
                          [](const Paths& p) {
                            REQUIRE(Promote(p, Running("a"), kNow));
                            REQUIRE(Promote(p, Running("b"), kNow));
                          },
                      .write = [](const Paths& p) { return Promote(p, Running("c"), kNow); },
                      .read =
                          [](const Paths& p) {
                            const std::string former = Id(LoadFormerGood(p));
                            CHECK((former == "a" || former == "b"));
                            return Id(LoadLastKnownGood(p));
                          }});
}

TEST_CASE("lkg retarget: the former file stays under a name of its own") {
  CheckCutEverywhere({.prepare = [](const Paths& p) { REQUIRE(Promote(p, Running("a"), kNow)); },
                      .write = [](const Paths& p) -> Status {
                        ASSIGN_OR_RETURN(const std::string backup,
                                         ReplaceLastKnownGood(p, {.composition = Set("b")}, kNow));
                        return Id(ReadLastKnownGood(backup)) == "none"
                                   ? Status(Error(ErrorKind::kNotFound, "no_backup", backup))
                                   : Ok();
                      },
                      .read = [](const Paths& p) { return Id(LoadLastKnownGood(p)); }});
}

TEST_CASE("count, give back and forget attempts") {
  CheckCutEverywhere({.prepare = nullptr,
                      .write = [](const Paths& p) { return CountAttempt(p, "a", "boot", kNow); },
                      .read = Attempts});
  CheckCutEverywhere({.prepare =
                          [](const Paths& p) {
                            REQUIRE(CountAttempt(p, "a", "boot", kNow));
                            REQUIRE(CountAttempt(p, "b", "boot", kNow));
                          },
                      .write = [](const Paths& p) { return GiveBackAttempt(p, "a", "boot"); },
                      .read = Attempts});
  CheckCutEverywhere({.prepare =
                          [](const Paths& p) {
                            REQUIRE(CountAttempt(p, "a", "boot", kNow));
                            REQUIRE(CountAttempt(p, "b", "boot", kNow));
                          },
                      .write = [](const Paths& p) { return ForgetAttempts(p, "a"); },
                      .read = Attempts});
  CheckCutEverywhere({.prepare = [](const Paths& p) { REQUIRE(CountAttempt(p, "a", "x", kNow)); },
                      .write = [](const Paths& p) { return ForgetAllAttempts(p); },
                      .read = Attempts});
}

TEST_CASE("breadcrumb") {
  CheckCutEverywhere({.prepare = [](const Paths& p) { REQUIRE(WriteBreadcrumb(p, Running("a"))); },
                      .write = [](const Paths& p) -> Status {
                        ASSIGN_OR_RETURN(const auto not_kept, WriteBreadcrumb(p, Running("b")));
                        return not_kept ? Status(Error(ErrorKind::kSystem, "not_kept", *not_kept))
                                        : Ok();
                      },
                      .read = [](const Paths& p) -> std::string {
                        const auto crumb = ReadBreadcrumb(p);
                        if (!crumb) return crumb.error().code();
                        return *crumb ? (*crumb)->composition.modules[0].id : "none";
                      }});
}

TEST_CASE("trust state, revisions, clock and claim") {
  CheckCutEverywhere(
      {.prepare =
           [](const Paths& p) {
             REQUIRE(KeepTrust(p, {.policy_envelope = "{}", .assignment_revision = 7}));
           },
       .write = [](const Paths& p) { return KeepTrust(p, {.assignment_revision = 8}); },
       .read =
           [](const Paths& p) {
             const Result<TrustState> trust = LoadTrustState(p);
             CHECK(trust->policy_envelope == "{}");
             return std::to_string(trust->assignment_revision);
           }});
  CheckCutEverywhere(
      {.prepare = nullptr,
       .write =
           [](const Paths& p) {
             Composition set = Set("a");
             set.modules[0].signed_revision = 7;
             return RaiseRevisionFloors(p, set);
           },
       .read = [](const Paths& p) { return std::to_string(ReadRevisionFloors(p)->size()); }});
  CheckCutEverywhere(
      {.prepare = nullptr,
       .write =
           [](const Paths& p) {
             return KeepGoodTime(p, {.not_before = 1, .not_after = 4'000'000'000}, 3'900'000'000);
           },
       .read = [](const Paths& p) { return std::to_string(ClockFloor(p, nullptr)); }});
  CheckCutEverywhere({.prepare = [](const Paths& p) { REQUIRE(SaveClaimState(p, {.mac = "a"})); },
                      .write = [](const Paths& p) { return SaveClaimState(p, {.mac = "b"}); },
                      .read = [](const Paths& p) { return LoadClaimState(p).mac; }});
}

TEST_CASE("manifest cache") {
  CheckCutEverywhere({.prepare = nullptr,
                      .write =
                          [](const Paths& p) {
                            Composition set = Set("a");
                            set.modules[0].manifest["digest"] = set.modules[0].digest;
                            return CacheManifests(p, set, kNow);
                          },
                      .read = [](const Paths& p) -> std::string {
                        return CachedManifest(p, "a", SampleModule("a", 1).digest) ? "there"
                                                                                   : "none";
                      }});
}

TEST_SUITE_END();

}  // namespace
}  // namespace powernode::runtime::state_crash_test

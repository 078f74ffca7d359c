// Each kind of state file, damaged in every way: what its reader gives afterwards is what was
// written, what it gives without a file, or an error; and its writer works again.
#include "runtime/state_files.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <functional>

#include "agent/base/files.h"
#include "agent/base/syscalls.h"
#include "runtime/attempts.h"
#include "runtime/breadcrumb.h"
#include "runtime/claim_state.h"
#include "runtime/last_known_good.h"
#include "runtime/node_clock.h"
#include "runtime/node_policy.h"
#include "runtime/staged_set.h"
#include "runtime/task_journal.h"
#include "runtime/trust_state.h"
#include "tests/runtime/sample.h"
#include "tests/support/temporary_directory.h"

namespace powernode::runtime::state_files_test {
namespace {

using testing::SampleModule;

constexpr std::int64_t kNow = 1'800'000'000;

struct Kind {
  const char* name;
  StateFile (*file)(const Paths&);
  void (*write)(const Paths&);
  std::string (*read)(const Paths&);  // what a decision would see
};

std::string HashOrError(const Result<std::optional<Composition>>& set) {
  if (!set) return set.error().code();
  return *set ? CompositionHash((*set)->modules) : "none";
}

Composition Set() { return {.modules = {SampleModule("a", 1)}, .revision = 3}; }

const Kind kKinds[] = {
    {"last known good", LastKnownGoodFile,
     [](const Paths& paths) { REQUIRE(Promote(paths, {.composition = Set()}, kNow)); },
     [](const Paths& paths) -> std::string {
       const auto good = LoadLastKnownGood(paths);
       if (!good) return good.error().code();
       return *good ? CompositionHash((*good)->composition.modules) : "none";
     }},
    {"staged", StagedFile, [](const Paths& paths) { REQUIRE(Stage(paths, Set(), kNow)); },
     [](const Paths& paths) { return HashOrError(StagedSet(paths)); }},
    {"attempts", AttemptsFile,
     [](const Paths& paths) { REQUIRE(CountAttempt(paths, "a-set", "boot", kNow)); },
     [](const Paths& paths) -> std::string {
       const std::vector<Attempt> all = LoadAttempts(paths);
       if (all.empty()) return "none";
       return all[0].composition + " " + std::to_string(all[0].attempts) + all[0].last_boot_id;
     }},
    {"breadcrumb", BreadcrumbFile,
     [](const Paths& paths) {
       REQUIRE(MakeDirectories(paths.run, 0755));
       REQUIRE(WriteBreadcrumb(paths, {.composition = Set(), .boot_id = *BootId(paths)}));
     },
     [](const Paths& paths) -> std::string {
       const auto crumb = ReadBreadcrumb(paths);
       if (!crumb) return crumb.error().code();
       return *crumb ? CompositionHash((*crumb)->composition.modules) : "none";
     }},
    {"revisions", RevisionsFile,
     [](const Paths& paths) {
       Composition set = Set();
       set.modules[0].signed_revision = 7;
       REQUIRE(RaiseRevisionFloors(paths, set));
     },
     [](const Paths& paths) -> std::string {
       const auto floors = ReadRevisionFloors(paths);
       if (!floors) return floors.error().code();
       return floors->empty() ? "none" : std::to_string(floors->at("a"));
     }},
    {"trust", TrustFile,
     [](const Paths& paths) { REQUIRE(KeepTrust(paths, {.assignment_revision = 7})); },
     [](const Paths& paths) -> std::string {
       const auto trust = LoadTrustState(paths);
       if (!trust) return trust.error().code();
       return trust->assignment_revision == 0 ? "none" : std::to_string(trust->assignment_revision);
     }},
    {"tasks", TasksFile,
     [](const Paths& paths) {
       TaskJournal journal(paths);
       (void)journal.Load();
       REQUIRE(journal.Put({.id = "t", .command = "sync"}));
     },
     [](const Paths& paths) -> std::string {
       TaskJournal journal(paths);
       if (const Status loaded = journal.Load(); !loaded) return loaded.error().code();
       return journal.Find("t") == nullptr ? "none" : journal.Find("t")->command;
     }},
    {"claim", ClaimFile,
     [](const Paths& paths) { REQUIRE(SaveClaimState(paths, {.mac = "m", .code = "C"})); },
     [](const Paths& paths) -> std::string {
       const ClaimState state = LoadClaimState(paths);
       return state.mac.empty() ? "none" : state.mac + state.code;
     }},
    {"clock", ClockFile,
     [](const Paths& paths) {
       REQUIRE(KeepGoodTime(paths, {.not_before = 1, .not_after = 4'000'000'000}, 3'900'000'000));
     },
     [](const Paths& paths) -> std::string {
       const std::int64_t floor = ClockFloor(paths, nullptr);
       return floor == 3'900'000'000 ? "kept" : "none";
     }},
};

// `whole` and `written`: a file of this kind, and what is read of it.
void CheckDamaged(const Kind& kind, const std::string& whole, const std::string& written,
                  const std::function<void(std::string&)>& damage) {
  powernode::testing::TemporaryDirectory root;
  const Paths paths = Paths::Below(root.path().string());
  const StateFile file = kind.file(paths);
  REQUIRE(MakeDirectories(DirectoryOf(file.path), 0700));
  std::string bytes = whole;
  damage(bytes);
  REQUIRE(WriteFile(file.path, bytes, 0600));
  const std::string seen = kind.read(paths);
  const bool known =
      seen == written || seen == "none" || seen == "state_corrupt" || seen == "state_newer";
  CHECK_MESSAGE(known, seen);
  if (const auto state = ReadState(file); !state && state.error().code() == "state_newer") return;
  kind.write(paths);
  CHECK(kind.read(paths) == written);
}

TEST_SUITE_BEGIN("state files");

TEST_CASE("truncated and flipped at every class of byte, each is what it was, or nothing") {
  for (const Kind& kind : kKinds) {
    CAPTURE(kind.name);
    powernode::testing::TemporaryDirectory root;
    const Paths paths = Paths::Below(root.path().string());
    kind.write(paths);
    const std::string whole = *ReadFile(kind.file(paths).path, 100'000);
    const std::string written = kind.read(paths);
    const std::size_t header = whole.find('\n');
    const std::size_t step = whole.size() / 40 + 1;
    std::vector<std::size_t> places = {
        0, 1, header - 1, header, header + 1, whole.size() - 2, whole.size() - 1};
    for (const char* member : {"format", "version", "sha256", "len", "written_at"})
      places.push_back(whole.find(member) + std::string(member).size() + 3);
    for (std::size_t at = 2; at < whole.size(); at += step) places.push_back(at);
    for (const std::size_t at : places) {
      CAPTURE(at);
      CheckDamaged(kind, whole, written, [&](std::string& bytes) { bytes.resize(at); });
      for (const int bit : {0, 6})
        CheckDamaged(kind, whole, written, [&](std::string& bytes) {
          bytes[at] = static_cast<char>(bytes[at] ^ (1 << bit));
        });
    }
  }
}

TEST_CASE("of a newer agent, none is used, and none is written over") {
  for (const Kind& kind : kKinds) {
    CAPTURE(kind.name);
    powernode::testing::TemporaryDirectory root;
    const Paths paths = Paths::Below(root.path().string());
    StateFile file = kind.file(paths);
    REQUIRE(MakeDirectories(DirectoryOf(file.path), 0700));
    file.version = 2;
    REQUIRE(WriteState(file, {{"of", "the future"}}));
    const std::string before = *ReadFile(file.path, 10'000);
    const std::string seen = kind.read(paths);
    CHECK_MESSAGE((seen == "none" || seen == "state_newer"), seen);
    (void)Unstage(paths);
    (void)Promote(paths, {.composition = Set()}, kNow);
    (void)CountAttempt(paths, "a-set", "boot", kNow);
    CHECK(*ReadFile(file.path, 10'000) == before);
    CHECK_FALSE(Exists(FormerGoodFile(paths).path));
  }
}

TEST_CASE("a start sets corrupt files aside, names them, and removes old leftovers") {
  powernode::testing::TemporaryDirectory root;
  const Paths paths = Paths::Below(root.path().string());
  CHECK(CheckStateFiles(paths, kNow).empty());
  for (const Kind& kind : kKinds) kind.write(paths);
  CHECK(CheckStateFiles(paths, kNow).empty());

  REQUIRE(WriteFile(StagedFile(paths).path, "torn", 0600));
  StateFile newer = ClockFile(paths);
  newer.version = 9;
  REQUIRE(WriteState(newer, {{"a", 1}}));
  const std::string old = paths.compose_state + "/.lkg.json.77.abcdef";
  const std::string young = paths.compose_state + "/.staged.json.78.abcdef";
  for (const auto& [path, age] : {std::pair(old, 3600), std::pair(young, 3599)}) {
    REQUIRE(WriteFile(path, "half", 0600));
    const timespec time{.tv_sec = kNow - age, .tv_nsec = 0};
    const timespec times[] = {time, time};
    REQUIRE(::utimensat(AT_FDCWD, path.c_str(), times, 0) == 0);
  }
  const std::vector<StateProblem> problems = CheckStateFiles(paths, kNow);
  REQUIRE(problems.size() == 2);
  CHECK(problems[0].file == "staged.json");
  CHECK(problems[0].error.code() == "state_corrupt");
  CHECK(problems[1].file == "clock.json");
  CHECK(problems[1].error.code() == "state_newer");
  CHECK_FALSE(Exists(StagedFile(paths).path));
  CHECK(Exists(newer.path));
  CHECK_FALSE(Exists(old));
  CHECK(Exists(young));
  CHECK(CheckStateFiles(paths, kNow).size() == 1);
}

TEST_SUITE_END();

}  // namespace
}  // namespace powernode::runtime::state_files_test

// Every row of the decision table of node-files.md §10.2, by its number.
#include "runtime/boot_choice.h"

#include <doctest/doctest.h>

#include <fcntl.h>

#include "agent/base/files.h"
#include "agent/base/syscalls.h"
#include "runtime/boot_candidates.h"
#include "runtime/last_known_good.h"
#include "runtime/staged_set.h"
#include "tests/runtime/sample.h"
#include "tests/support/temporary_directory.h"

namespace powernode::runtime::boot_choice_test {
namespace {

using testing::SampleModule;

struct Row {
  const char* name;
  BootFacts facts;
  std::string expected;  // "live+ lkg": + is counted
};

SetFacts Set(const std::string& hash, unsigned attempts = 0) {
  return {.hash = hash, .attempts = attempts};
}

LiveFacts Live(const std::string& hash, unsigned attempts = 0) {
  return LiveFacts{Set(hash, attempts)};
}

LiveFacts Shrunk(const std::string& hash) {
  LiveFacts live = Live(hash);
  live.shrinks = true;
  return live;
}

LiveFacts RolledBack(const std::string& hash) {
  LiveFacts live = Live(hash);
  live.rolled_back = true;
  return live;
}

template <typename Facts>
Facts TriedHere(Facts set) {
  set.attempts = 1;
  set.tried_here = true;
  return set;
}

template <typename Facts>
Facts Rested(Facts set) {
  set.attempts = kMostAttempts;
  set.may_try_again = true;
  return set;
}

std::string TextOf(const std::vector<BootChoice>& choices) {
  std::string text;
  for (const BootChoice& choice : choices) {
    if (!text.empty()) text += " ";
    switch (choice.source) {
      case BootSource::kLive:
        text += "live";
        break;
      case BootSource::kStaged:
        text += "staged";
        break;
      case BootSource::kLastKnownGood:
        text += "lkg";
        break;
      case BootSource::kFormerGood:
        text += "former";
        break;
    }
    if (choice.count) text += "+";
  }
  return text;
}

TEST_SUITE_BEGIN("boot choice");

TEST_CASE("each row of the table") {
  const Row rows[] = {
      {"D1 rescue is asked for",
       {.rescue_wanted = true, .live = Live("a"), .staged = Set("b"), .good = "c"},
       ""},
      {"D2 live is the last good set: not counted", {.live = Live("g"), .good = "g"}, "live lkg"},
      {"D2 whatever was counted for it", {.live = Live("g", 5), .good = "g"}, "live lkg"},
      {"D2 and the staged set is next",
       {.live = Live("g"), .staged = Set("s"), .good = "g"},
       "live staged+ lkg"},
      {"D3 live differs: counted", {.live = Live("a", 1), .good = "g"}, "live+ lkg"},
      {"D3 its two attempts are used up", {.live = Live("a", 2), .good = "g"}, "lkg"},
      {"D3 shrinks, and the running agent has confirmed it by staging it",
       {.live = Shrunk("s"), .staged = Set("s"), .good = "g"},
       "live+ staged+ lkg"},
      {"D4 shrinks for no stated reason: only when nothing stored boots",
       {.live = Shrunk("a"), .good = "g"},
       "lkg live+"},
      {"D4 and another set is staged",
       {.live = Shrunk("a"), .staged = Set("s"), .good = "g"},
       "staged+ lkg live+"},
      {"D4 a lower revision", {.live = RolledBack("a"), .good = "g"}, "lkg live+"},
      {"D4 a lower revision that the staged set does not excuse",
       {.live = RolledBack("s"), .staged = Set("s"), .good = "g"},
       "staged+ lkg live+"},
      {"D5 no answer: staged", {.staged = Set("s"), .good = "g"}, "staged+ lkg"},
      {"D5 its two attempts are used up", {.staged = Set("s", 2), .good = "g"}, "lkg"},
      {"D5 it is the last good set itself", {.staged = Set("g"), .good = "g"}, "lkg"},
      {"D6 and the one before it", {.good = "g", .former_good = "f"}, "lkg former"},
      {"D6 which is the same", {.good = "g", .former_good = "g"}, "lkg"},
      {"D6 only the former file is left", {.good = "f", .former_good = "f"}, "lkg"},
      {"D6 switched off",
       {.live = Live("a", 2),
        .staged = Set("s"),
        .good = "g",
        .former_good = "f",
        .good_allowed = false},
       "staged+"},
      {"D6 switched off says nothing against the live set that it is",
       {.live = Live("g"), .good = "g", .good_allowed = false},
       "live"},
      {"D7 a first boot", {.live = Live("a")}, "live+"},
      {"D7 shrinks against a good set that is switched off",
       {.live = Shrunk("a"), .good = "g", .good_allowed = false},
       "live+"},
      {"D8 nothing", {}, ""},
      {"D8 nothing but what was tried twice", {.live = Live("a", 2), .staged = Set("s", 2)}, ""},
      {"D8 an hour later",
       {.live = Rested(Live("a")), .staged = Rested(Set("s"))},
       "live+ staged+"},
      {"D8 an hour later the last good set still goes first",
       {.live = Rested(Live("a")), .good = "g"},
       "lkg live+"},
      {"attempts are lost with the power: once in this boot",
       {.counts_last = false, .live = Live("a"), .staged = Set("s"), .good = "g"},
       "live+ staged+ lkg"},
      {"attempts are lost with the power: not twice",
       {.counts_last = false,
        .live = TriedHere(Live("a")),
        .staged = TriedHere(Set("s")),
        .good = "g"},
       "lkg live+"},
      {"attempts are lost with the power and there is nothing better: again",
       {.counts_last = false, .live = TriedHere(Live("a"))},
       "live+"},
      {"where attempts last, one boot may try again what it has counted",
       {.live = TriedHere(Live("a")), .good = "g"},
       "live+ lkg"},
      {"staged is live: both ways to its bytes, one count",
       {.live = Live("s"), .staged = Set("s"), .good = "g"},
       "live+ staged+ lkg"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.name);
    CHECK(TextOf(ChooseBoot(row.facts)) == row.expected);
  }
}

TEST_CASE("the facts of a set are those of its attempts") {
  const std::vector<Attempt> all = {
      {.composition = "a", .attempts = 1, .last_boot_id = "this", .last_at = 1'000'000}};
  const SetFacts here = FactsOf("a", all, "this", 1'000'100);
  CHECK(here.attempts == 1);
  CHECK(here.tried_here);
  CHECK_FALSE(here.may_try_again);
  const SetFacts later = FactsOf("a", all, "other", 1'003'600);
  CHECK_FALSE(later.tried_here);
  CHECK(later.may_try_again);
  const SetFacts unknown = FactsOf("b", all, "this", 1'003'600);
  CHECK(unknown.attempts == 0);
  CHECK_FALSE(unknown.may_try_again);
}

TEST_SUITE_END();

// A node without any identity, hence without a platform, and what it has stored.
struct Stored {
  Stored() {
    settings.claim = false;
    settings.sources.cloud = "none";
  }
  BootOffer Gather(PersistState persist = PersistState::kDurable) {
    BootCandidates candidates(paths, settings, persist, console, SystemClock());
    return candidates.Gather("boot", {});
  }
  std::string Text(PersistState persist = PersistState::kDurable) {
    std::vector<BootChoice> choices;
    for (const BootCandidate& candidate : Gather(persist).candidates)
      choices.push_back(candidate.choice);
    return TextOf(choices);
  }
  void WasGood(const std::string& id) {
    REQUIRE(Promote(paths, {.composition = {.modules = {SampleModule(id, 1)}}}, 1'000));
  }
  void Stages(const std::string& id) {
    REQUIRE(Stage(paths, {.modules = {SampleModule(id, 1)}}, 1'000));
  }

  powernode::testing::TemporaryDirectory root;
  Paths paths = Paths::Below(root.path().string());
  Settings settings;
  Fd out = *Open(root / "console", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  BootConsole console{out.get(), paths};
};

TEST_SUITE_BEGIN("boot candidates");

TEST_CASE("without a platform: staged, last known good, and the one before it") {
  Stored node;
  CHECK(node.Gather().candidates.empty());
  REQUIRE(node.Gather().not_live);
  node.WasGood("f");
  node.WasGood("g");
  node.Stages("s");
  const BootOffer offer = node.Gather();
  REQUIRE(offer.candidates.size() == 3);
  CHECK(offer.candidates[0].composition.source == CompositionSource::kStaged);
  CHECK(offer.candidates[0].composition.modules[0].id == "s");
  CHECK(offer.candidates[1].composition.modules[0].id == "g");
  CHECK(offer.candidates[1].composition.reason == "confirmed 1970-01-01T00:16:40Z");
  CHECK(offer.candidates[2].composition.modules[0].id == "f");
  REQUIRE(offer.not_live);
  CHECK(offer.stage == "identity");
  node.settings.last_known_good = false;
  CHECK(node.Text() == "staged+");
}

TEST_CASE("each flag that switches the last known good set off is seen") {
  Stored node;
  node.WasGood("g");
  CHECK(node.Text() == "lkg");
  std::string flag;
  SUBCASE("ours") { flag = node.paths.compose_state + "/lkg.disabled"; }
  SUBCASE("the former agent's") { flag = node.paths.state + "/lkg-fallback.disabled"; }
  REQUIRE(WriteFile(flag, "", 0600));
  CHECK(node.Text().empty());
}

TEST_CASE("a staged set that was counted twice is left alone, and so is a record that is torn") {
  Stored node;
  node.WasGood("g");
  node.Stages("s");
  const std::string hash = StagedHash(node.paths);
  BootCandidates candidates(node.paths, node.settings, PersistState::kDurable, node.console,
                            SystemClock());
  REQUIRE(candidates.Count(hash, "boot-1"));
  CHECK(node.Text() == "staged+ lkg");
  REQUIRE(candidates.Count(hash, "boot-2"));
  CHECK(node.Text() == "lkg");
  REQUIRE(WriteFile(node.paths.compose_state + "/staged.json", "torn", 0600));
  CHECK(node.Text() == "lkg");
  CHECK(ReadFile(node.root / "console", 100'000)->find("state_corrupt") != std::string::npos);
}

TEST_CASE("what cannot be counted is tried once in this boot") {
  Stored node;
  node.WasGood("g");
  node.Stages("s");
  BootCandidates candidates(node.paths, node.settings, PersistState::kReadOnly, node.console,
                            SystemClock());
  CHECK(candidates.Gather("boot", {}).candidates.size() == 2);
  REQUIRE(RemoveTree(node.paths.compose_state + "/attempts.json"));
  REQUIRE(MakeDirectories(node.paths.compose_state + "/attempts.json/x", 0700));
  CHECK_FALSE(candidates.Count(StagedHash(node.paths), "boot"));
  CHECK(candidates.Gather("boot", {}).candidates.size() == 1);
}

TEST_SUITE_END();

TEST_SUITE_BEGIN("staged set");

TEST_CASE("is read back as staged; a torn record gives way to the next one") {
  Stored node;
  node.Stages("a");
  const auto staged = StagedSet(node.paths);
  REQUIRE(staged);
  REQUIRE(*staged);
  CHECK((*staged)->source == CompositionSource::kStaged);
  REQUIRE(WriteFile(node.paths.compose_state + "/staged.json", "torn", 0600));
  CHECK(StagedHash(node.paths).empty());
  node.Stages("b");
  CHECK((*StagedSet(node.paths))->modules[0].id == "b");
}

TEST_CASE("a record that is torn is set aside when nothing waits any more") {
  Stored node;
  node.Stages("a");
  REQUIRE(WriteFile(node.paths.compose_state + "/staged.json", "torn", 0600));
  REQUIRE(Unstage(node.paths));
  CHECK_FALSE(*StagedSet(node.paths));
  CHECK(Unstage(node.paths));
}

TEST_CASE("goes when a good set is the same or a newer live one, and stays before it") {
  Stored node;
  Composition staged{.modules = {SampleModule("s", 1)}, .created_at = 500};
  Composition good{.modules = {SampleModule("g", 1)}, .created_at = 600};
  bool stays = false;
  SUBCASE("the same, booted from the record") {
    good = staged;
    good.source = CompositionSource::kStaged;
  }
  SUBCASE("a newer live one") {}
  SUBCASE("an older live one") {
    good.created_at = 400;
    stays = true;
  }
  SUBCASE("a set that was not live") {
    good.source = CompositionSource::kStaged;
    stays = true;
  }
  REQUIRE(Stage(node.paths, staged, 1'000));
  REQUIRE(UnstageBehind(node.paths, good));
  CHECK(StagedSet(node.paths)->has_value() == stays);
}

TEST_SUITE_END();

}  // namespace
}  // namespace powernode::runtime::boot_choice_test

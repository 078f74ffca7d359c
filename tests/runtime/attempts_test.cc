#include "runtime/attempts.h"

#include <doctest/doctest.h>

#include "agent/base/files.h"
#include "tests/support/temporary_directory.h"

namespace powernode::runtime::attempts_test {
namespace {

constexpr std::int64_t kNow = 1'770'000'000;

struct Scene {
  powernode::testing::TemporaryDirectory root;
  Paths paths = Paths::Below(root.path().string());

  void Count(const std::string& set, const std::string& boot, std::int64_t now = kNow) {
    REQUIRE(CountAttempt(paths, set, boot, now));
  }
  unsigned Counted(const std::string& set) {
    const std::vector<Attempt> all = LoadAttempts(paths);
    const Attempt* attempt = FindAttempt(all, set);
    return attempt == nullptr ? 0 : attempt->attempts;
  }
  bool MayTry(const std::string& set) { return RequireAttemptLeft(LoadAttempts(paths), set).ok(); }
};

TEST_SUITE("attempts") {
  TEST_CASE("a set is tried in two boots, and one boot counts once") {
    Scene scene;
    CHECK(scene.MayTry("a"));
    scene.Count("a", "boot-1");
    scene.Count("a", "boot-1");
    CHECK(scene.Counted("a") == 1);
    CHECK(scene.MayTry("a"));
    scene.Count("a", "boot-2");
    CHECK(scene.Counted("a") == 2);
    CHECK_FALSE(scene.MayTry("a"));
    CHECK(scene.MayTry("b"));
    const Status refused = RequireAttemptLeft(LoadAttempts(scene.paths), "a");
    CHECK(refused.error().code() == "attempts_used_up");
    CHECK(refused.error().message().find("2026-02-02T02:40:00Z") != std::string::npos);
  }

  TEST_CASE(
      "after an hour, or when the clock went back, it may be tried again where nothing is better") {
    Scene scene;
    scene.Count("a", "boot-1");
    const std::vector<Attempt> all = LoadAttempts(scene.paths);
    CHECK_FALSE(MayTryAgain(all.front(), kNow + 3599));
    CHECK(MayTryAgain(all.front(), kNow + 3600));
    CHECK(MayTryAgain(all.front(), kNow - 1));
  }

  TEST_CASE("an orderly end without a verdict gives the attempt back, three times at most") {
    Scene scene;
    for (int boot = 1; boot <= 4; ++boot) {
      const std::string id = "boot-" + std::to_string(boot);
      scene.Count("a", id);
      REQUIRE(GiveBackAttempt(scene.paths, "a", id));
      REQUIRE(GiveBackAttempt(scene.paths, "a", id));  // once a boot
      CHECK(scene.Counted("a") == (boot <= 3 ? 0 : 1));
    }
    REQUIRE(GiveBackAttempt(scene.paths, "a", "another-boot"));
    REQUIRE(GiveBackAttempt(scene.paths, "b", "boot-4"));
    CHECK(scene.Counted("a") == 1);
  }

  TEST_CASE("a good set is forgotten, the others stay, and the oldest of too many go") {
    Scene scene;
    for (int i = 0; i < 25; ++i) scene.Count("set-" + std::to_string(i), "boot-1", kNow + i);
    CHECK(LoadAttempts(scene.paths).size() == 20);
    CHECK(scene.Counted("set-4") == 0);
    CHECK(scene.Counted("set-24") == 1);
    REQUIRE(ForgetAttempts(scene.paths, "set-24"));
    CHECK(scene.Counted("set-24") == 0);
    CHECK(scene.Counted("set-23") == 1);
  }

  TEST_CASE(
      "a file that cannot be used counts as none, and the next attempt is counted all the same") {
    Scene scene;
    scene.Count("a", "boot-1");
    REQUIRE(WriteFile(scene.paths.compose_state + "/attempts.json", "torn", 0600));
    CHECK(scene.MayTry("a"));
    scene.Count("a", "boot-2");
    CHECK(scene.Counted("a") == 1);
  }
}

}  // namespace
}  // namespace powernode::runtime::attempts_test

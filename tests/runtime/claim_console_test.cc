#include "runtime/claim_console.h"

#include <doctest/doctest.h>

#include "agent/base/files.h"
#include "tests/enroll/scripted_platform.h"
#include "tests/support/temporary_directory.h"

namespace powernode::runtime::claim_console_test {
namespace {

using enroll::testing::StandingClock;
using powernode::testing::TemporaryDirectory;
using namespace std::chrono_literals;

struct Fixture {
  Fixture() {
    REQUIRE(MakeDirectories(paths.devices, 0755));
    REQUIRE(MakeDirectories(DirectoryOf(paths.console_list), 0755));
    REQUIRE(WriteFile(paths.devices + "/tty1", "", 0600));
    REQUIRE(WriteFile(paths.devices + "/console", "", 0600));
  }

  bool Shows(const std::string& code) {
    return console.Show(code, "https://p.test/claim/" + code).has_value();
  }
  // How often a code stands on the screen.
  std::size_t Count(const std::string& device, const std::string& code) {
    const std::string text = *ReadFile(paths.devices + "/" + device, 1 << 20);
    std::size_t count = 0;
    for (std::size_t at = text.find("Code:  " + code); at != std::string::npos;
         at = text.find("Code:  " + code, at + 1))
      ++count;
    return count;
  }

  TemporaryDirectory root;
  Paths paths = Paths::Below(root.path().string());
  StandingClock clock{1'770'000'000};
  ClaimConsole console{paths, clock};
};

TEST_SUITE("claim console") {
  TEST_CASE("twenty polls in ten minutes show one code once, the next one shows it again") {
    Fixture fixture;
    int shown = 0;
    for (int poll = 0; poll < 20; ++poll) {
      shown += fixture.Shows("7KQ2MXRA") ? 1 : 0;
      REQUIRE(fixture.clock.Sleep(30s, {}));
    }
    CHECK(shown == 1);
    CHECK(fixture.Count("tty1", "7KQ2MXRA") == 1);
    CHECK(fixture.Shows("7KQ2MXRA"));
    CHECK(fixture.Count("tty1", "7KQ2MXRA") == 2);
  }

  TEST_CASE("a new code is shown at the next poll, but not within a minute of the last one") {
    Fixture fixture;
    CHECK(fixture.Shows("AAAAAAAA"));
    CHECK_FALSE(fixture.Shows("BBBBBBBB"));
    REQUIRE(fixture.clock.Sleep(59s, {}));
    CHECK_FALSE(fixture.Shows("BBBBBBBB"));
    REQUIRE(fixture.clock.Sleep(1s, {}));
    CHECK(fixture.Shows("BBBBBBBB"));
    CHECK(fixture.Count("tty1", "BBBBBBBB") == 1);
  }

  TEST_CASE("a serial console gets it too, a virtual one has it already") {
    Fixture fixture;
    REQUIRE(WriteFile(fixture.paths.console_list, "tty0 ttyS0\n", 0644));
    CHECK(fixture.Shows("AAAAAAAA"));
    CHECK(fixture.Count("console", "AAAAAAAA") == 1);
    Fixture screen;
    REQUIRE(WriteFile(screen.paths.console_list, "ttyS0 tty0\n", 0644));
    CHECK(screen.Shows("AAAAAAAA"));
    CHECK(screen.Count("console", "AAAAAAAA") == 0);
    CHECK(screen.Count("tty1", "AAAAAAAA") == 1);
  }

  TEST_CASE("the line for the log has the code and where to confirm it") {
    Fixture fixture;
    CHECK(fixture.console.Show("7KQ2MXRA", "https://p.test/claim/7KQ2MXRA") ==
          "this node waits to be claimed: confirm code 7KQ2MXRA at https://p.test/claim/7KQ2MXRA");
  }

  TEST_CASE("no screen at all is no trouble, and a URL too long for a QR code goes without") {
    const TemporaryDirectory root;
    const Paths paths = Paths::Below(root.path().string());
    StandingClock clock(0);
    CHECK(ClaimConsole(paths, clock).Show("A", "B").has_value());
    CHECK_FALSE(Exists(paths.devices + "/tty1"));
    const std::string text = ClaimScreen("A", std::string(135, 'x'));
    CHECK(text.find(std::string(135, 'x')) != std::string::npos);
    CHECK(text.find("█") == std::string::npos);
    CHECK(ClaimScreen("A", std::string(134, 'x')).find("█") != std::string::npos);
  }
}

}  // namespace
}  // namespace powernode::runtime::claim_console_test

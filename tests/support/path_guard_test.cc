#include "tests/support/path_guard.h"

#include <doctest/doctest.h>

#include <fstream>
#include <string>
#include <vector>

#include "tests/support/temporary_directory.h"

namespace powernode::testing::path_guard_test {
namespace {

namespace fs = std::filesystem;
using Offences = std::vector<std::string>;

TEST_SUITE_BEGIN("path guard");

TEST_CASE("a run that touches nothing has no offences") {
  TemporaryDirectory root;
  fs::create_directories(root / "etc/powernode");
  PathGuard guard({root / "etc/powernode", root / "persist"});
  std::ofstream(root / "etc/passwd") << "somebody else's file";
  CHECK(guard.Offences().empty());
}

TEST_CASE("catches the creation of a path that did not exist, even when it is removed again") {
  TemporaryDirectory root;
  PathGuard guard({root / "persist", root / "run/powernode"});
  fs::create_directory(root / "persist");
  fs::remove(root / "persist");
  CHECK(guard.Offences() == Offences{(root / "persist").string() + ": created",
                                     (root / "persist").string() + ": removed"});
}

TEST_CASE("catches the creation of a missing parent") {
  TemporaryDirectory root;
  PathGuard guard({root / "run/powernode"});
  fs::create_directories(root / "run/powernode");
  CHECK(guard.Offences() == Offences{(root / "run").string() + ": created"});
}

TEST_CASE("catches reading and writing below an existing path") {
  TemporaryDirectory root;
  fs::create_directories(root / "etc/powernode/trust");
  std::ofstream(root / "etc/powernode/trust/a.pem") << "key";
  PathGuard guard({root / "etc/powernode"});

  std::string text;
  std::ifstream(root / "etc/powernode/trust/a.pem") >> text;
  CHECK(guard.Offences() == Offences{(root / "etc/powernode/trust/a.pem").string() + ": opened"});

  std::ofstream(root / "etc/powernode/agent.conf") << "{}";
  CHECK_FALSE(guard.Offences().empty());
}

TEST_SUITE_END();

}  // namespace
}  // namespace powernode::testing::path_guard_test

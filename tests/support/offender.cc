// A test that does what no test may: it makes a path of the real node. Its run must fail
// (path-guard-test).
#include <doctest/doctest.h>

#include <filesystem>

TEST_CASE("touches the machine it runs on") {
  std::filesystem::create_directory("/run/powernode");
  CHECK(std::filesystem::remove("/run/powernode"));
}

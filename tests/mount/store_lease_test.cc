#include "mount/store_lease.h"

#include <doctest/doctest.h>

#include <optional>

#include "tests/support/temporary_directory.h"

namespace powernode::mount::store_lease_test {
namespace {

TEST_SUITE_BEGIN("store lease");

TEST_CASE("pulls go on beside each other, and keep a collection away until the last has ended") {
  testing::TemporaryDirectory root;
  const Paths paths = Paths::Below(root.path().string());
  std::optional<Result<StoreLease>> one = StoreLease::ToPull(paths, "pull one");
  std::optional<Result<StoreLease>> two = StoreLease::ToPull(paths, "pull two");
  REQUIRE(one->ok());
  REQUIRE(two->ok());
  one.reset();
  const Result<StoreLease> refused = StoreLease::ToCollect(paths);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().kind() == ErrorKind::kBusy);
  CHECK(refused.error().code() == "locked");
  CHECK(refused.error().message().find("pull two") != std::string::npos);
  two.reset();
  const Result<StoreLease> collection = StoreLease::ToCollect(paths);
  CHECK(collection);
  CHECK(StoreLease::ToCollect(paths).error().code() == "locked");
}

TEST_SUITE_END();

}  // namespace
}  // namespace powernode::mount::store_lease_test

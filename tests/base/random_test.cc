#include "agent/base/random.h"

#include <doctest/doctest.h>

#include <array>
#include <set>
#include <string>

#include "agent/base/encoding.h"

namespace powernode::random_test {
namespace {

TEST_SUITE_BEGIN("random");

TEST_CASE("identifiers are well formed and do not repeat") {
  std::set<std::string> seen;
  for (int i = 0; i < 1000; ++i) {
    const std::string uuid = RandomUuid();
    REQUIRE(uuid.size() == 36);
    CHECK(uuid[14] == '4');
    CHECK(std::string("89ab").find(uuid[19]) != std::string::npos);
    std::string digits = uuid;
    std::erase(digits, '-');
    CHECK(IsLowerHex(digits, 32));
    CHECK(seen.insert(uuid).second);
  }
  CHECK(IsLowerHex(RandomHex(6), 12));
}

TEST_CASE("numbers stay below the bound, and all of them come") {
  for (const std::uint64_t bound : {std::uint64_t{1}, std::uint64_t{2}, std::uint64_t{7}}) {
    std::array<int, 7> counts{};
    for (int i = 0; i < 2000; ++i) {
      const std::uint64_t value = RandomBelow(bound);
      REQUIRE(value < bound);
      ++counts[value];
    }
    for (std::uint64_t value = 0; value < bound; ++value) CHECK(counts[value] > 100);
  }
  CHECK(RandomBelow(UINT64_MAX) < UINT64_MAX);
}

TEST_SUITE_END();

}  // namespace
}  // namespace powernode::random_test

#include "mount/composefs/xxh32.h"

#include <doctest/doctest.h>

#include <bit>

#include "mount/composefs/attribute_encoding.h"

namespace powernode::mount::composefs::xxh32_test {

TEST_CASE("XXH32 of known texts") {
  CHECK(Xxh32("", 0) == 0x02CC5D05);
  CHECK(Xxh32("abc", 0) == 0x32D153FF);
}

TEST_CASE("attribute names: what is stored of them, and the filter's bit") {
  struct Row {
    std::string_view full;
    unsigned index;
    std::string_view rest;
    std::uint32_t hash;
    int bit;
  };
  constexpr Row kRows[] = {
      {"user.a", 1, "a", 0x371A8CD5, 21},
      {"user.overlay.whiteout", 1, "overlay.whiteout", 0xED142E09, 9},
      {"user.overlay.opaque", 1, "overlay.opaque", 0xF8DC99EA, 10},
      {"trusted.overlay.metacopy", 4, "overlay.metacopy", 0xDBE5E05F, 31},
      {"trusted.overlay.redirect", 4, "overlay.redirect", 0x887EC271, 17},
      {"trusted.overlay.opaque", 4, "overlay.opaque", 0x4CE0A7F4, 20},
      {"trusted.overlay.overlay.opaque", 4, "overlay.overlay.opaque", 0x207B5265, 5},
      {"trusted.overlay.overlay.whiteouts", 4, "overlay.overlay.whiteouts", 0x46DD3E0C, 12},
      {"security.selinux", 6, "selinux", 0x9490146B, 11},
      {"system.posix_acl_access", 2, "", 0x0857597E, 30},
      {"system.nfs4_acl", 0, "system.nfs4_acl", 0x4FA0248A, 10},
  };
  for (const Row& row : kRows) {
    CAPTURE(row.full);
    const StoredName stored = StoreName(row.full);
    CHECK(stored.index == row.index);
    CHECK(stored.rest == row.rest);
    CHECK(Xxh32(stored.rest, 0x25BBE08F + stored.index) == row.hash);
    CHECK(std::countr_zero(FilterBit(stored)) == row.bit);
    CHECK(FullName(stored) == row.full);
  }
  CHECK(StoreName("system.posix_acl_accessible").rest == "ible");
  CHECK_FALSE(FullName({5, "x"}).has_value());
}

}  // namespace powernode::mount::composefs::xxh32_test

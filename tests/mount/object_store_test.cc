#include "mount/object_store.h"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <string>

#include "agent/base/files.h"
#include "agent/base/syscalls.h"
#include "mount/object_listing.h"
#include "tests/mount/sample_objects.h"
#include "tests/support/temporary_directory.h"

namespace powernode::mount::object_store_test {
namespace {

using testing::AddObjects;
using testing::ObjectOf;
using testing::TemporaryDirectory;

TEST_SUITE_BEGIN("object store");

TEST_CASE("an object's path is two digits of its digest, a slash and the other 62") {
  const verify::ObjectVerity digest = *verify::ObjectVerity::Parse(
      "ab0123456789abcdef0123456789abcdef0123456789abcdef0123456789cdef");
  CHECK(ObjectStore::NameOf(digest) ==
        "ab/0123456789abcdef0123456789abcdef0123456789abcdef0123456789cdef");
  CHECK(ObjectStore("/store/").PathOf(digest) == "/store/" + ObjectStore::NameOf(digest));
}

TEST_CASE("missing are those that are not here, or not with their size, in the wanted order") {
  TemporaryDirectory root;
  const ObjectStore store(root / "objects");
  AddObjects(store, {"one", "two", "three"});
  const NeededObject absent = ObjectOf("absent");
  NeededObject longer = ObjectOf("two");
  ++longer.size;
  const std::array wanted{absent, ObjectOf("three"), longer, ObjectOf("one")};
  const Result<std::vector<NeededObject>> missing = store.Missing(wanted);
  REQUIRE(missing);
  CHECK(*missing == std::vector{absent, longer});
}

TEST_CASE("a store that was never made holds nothing and is no error") {
  TemporaryDirectory root;
  const ObjectStore store(root / "objects");
  CHECK(*store.Has(ObjectOf("one").digest) == false);
  CHECK(store.List()->empty());
  CHECK(store.Remove(ObjectOf("one").digest).ok());
  CHECK(store.Missing(std::array{ObjectOf("one")})->size() == 1);
}

TEST_CASE("a file without a byte, a directory or a link in an object's place is no object") {
  TemporaryDirectory root;
  const ObjectStore store(root / "objects");
  AddObjects(store, {"one"});
  const std::string path = store.PathOf(ObjectOf("one").digest);
  REQUIRE(*store.Has(ObjectOf("one").digest));
  REQUIRE(Unlink(path));
  SUBCASE("empty") { REQUIRE(WriteFile(path, "", 0444)); }
  SUBCASE("directory") { REQUIRE(MakeDirectories(path, 0755)); }
  SUBCASE("link") {
    REQUIRE(WriteFile(root / "elsewhere", "one", 0444));
    REQUIRE(Symlink(root / "elsewhere", path));
  }
  CHECK_FALSE(*store.Has(ObjectOf("one").digest));
  CHECK(store.Missing(std::array{ObjectOf("one")})->size() == 1);
}

TEST_CASE("a store that cannot be looked into is an error, not an empty one") {
  TemporaryDirectory root;
  REQUIRE(WriteFile(root / "objects", "a file", 0644));
  const ObjectStore store(root / "objects");
  CHECK_FALSE(store.Has(ObjectOf("one").digest));
  CHECK_FALSE(store.Missing(std::array{ObjectOf("one")}));
  CHECK_FALSE(store.List());
}

TEST_CASE("lists objects by digest, and names everything else apart") {
  TemporaryDirectory root;
  const ObjectStore store(root / "objects");
  AddObjects(store, {"one", "two", "three"});
  REQUIRE(WriteFile(root / "objects/README", "x", 0644));
  REQUIRE(WriteFile(root / "objects/ff", "x", 0644));
  REQUIRE(MakeDirectories(root / "objects/AB", 0755));
  REQUIRE(MakeDirectories(root / "objects/.incoming-1-2", 0700));
  REQUIRE(WriteFile(store.PathOf(ObjectOf("one").digest) + ".tmp", "x", 0644));

  const Result<ObjectListing> listing = ListStore(store);
  REQUIRE(listing);
  std::vector<NeededObject> expected{ObjectOf("one"), ObjectOf("two"), ObjectOf("three")};
  std::sort(expected.begin(), expected.end());
  CHECK(*store.List() == expected);
  REQUIRE(listing->objects.size() == 3);
  CHECK(listing->objects[0].mtime > 1'500'000'000);
  CHECK(listing->objects[0].allocated > 0);
  CHECK(listing->incoming == std::vector<std::string>{".incoming-1-2"});
  std::vector<std::string> foreign{"AB", "README", "ff",
                                   ObjectStore::NameOf(ObjectOf("one").digest) + ".tmp"};
  std::sort(foreign.begin(), foreign.end());
  CHECK(listing->foreign == foreign);
}

TEST_CASE("removes one object and leaves the others") {
  TemporaryDirectory root;
  const ObjectStore store(root / "objects");
  AddObjects(store, {"one", "two"});
  REQUIRE(store.Remove(ObjectOf("one").digest));
  CHECK_FALSE(*store.Has(ObjectOf("one").digest));
  CHECK(*store.Has(ObjectOf("two").digest));
}

TEST_SUITE_END();

}  // namespace
}  // namespace powernode::mount::object_store_test

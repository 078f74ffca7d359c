#include "runtime/last_known_good.h"

#include <doctest/doctest.h>

#include "agent/base/files.h"
#include "tests/runtime/sample.h"
#include "tests/support/temporary_directory.h"

namespace powernode::runtime::last_known_good_test {
namespace {

using powernode::testing::TemporaryDirectory;
using testing::SampleModule;

Breadcrumb Running(const std::string& id, std::int64_t revision) {
  return {.composition = {.modules = {SampleModule(id, 1)}, .revision = revision},
          .boot_id = "boot"};
}

TEST_SUITE("last known good") {
  TEST_CASE("a node that never promoted has none") {
    const TemporaryDirectory root;
    const auto good = LoadLastKnownGood(Paths::Below(root.path().string()));
    REQUIRE(good);
    CHECK_FALSE(good->has_value());
  }

  TEST_CASE("promotion copies the breadcrumb and keeps the former set") {
    const TemporaryDirectory root;
    const Paths paths = Paths::Below(root.path().string());
    REQUIRE(Promote(paths, Running("a", 1), 1000));
    REQUIRE(Promote(paths, Running("b", 2), 2000));
    const auto good = LoadLastKnownGood(paths);
    REQUIRE(good);
    REQUIRE(*good);
    CHECK((*good)->composition.modules[0].id == "b");
    CHECK((*good)->composition.source == CompositionSource::kLastKnownGood);
    CHECK((*good)->confirmed_at == 2000);
    CHECK(Exists(paths.compose_state + "/lkg.prev.json"));
  }

  TEST_CASE("a corrupt file gives way to the former one and is set aside") {
    const TemporaryDirectory root;
    const Paths paths = Paths::Below(root.path().string());
    REQUIRE(Promote(paths, Running("a", 1), 1000));
    REQUIRE(Promote(paths, Running("b", 2), 2000));
    const std::string file = paths.compose_state + "/lkg.json";
    std::string content = *ReadFile(file, 1 << 20);
    content[content.size() / 2] ^= 1;
    REQUIRE(WriteFile(file, content, 0644));
    const auto good = LoadLastKnownGood(paths);
    REQUIRE(good);
    REQUIRE(*good);
    CHECK((*good)->composition.modules[0].id == "a");
    CHECK_FALSE(Exists(file));
  }

  TEST_CASE("the same set, confirmed again, leaves the one before it; so does a corrupt file") {
    const TemporaryDirectory root;
    const Paths paths = Paths::Below(root.path().string());
    REQUIRE(Promote(paths, Running("a", 1), 1000));
    REQUIRE(Promote(paths, Running("b", 2), 2000));
    REQUIRE(Promote(paths, Running("b", 2), 3000));
    CHECK((*LoadLastKnownGood(paths))->confirmed_at == 3000);
    CHECK((*LoadFormerGood(paths))->composition.modules[0].id == "a");
    REQUIRE(WriteFile(paths.compose_state + "/lkg.json", "torn", 0644));
    REQUIRE(Promote(paths, Running("c", 3), 4000));
    CHECK((*LoadLastKnownGood(paths))->composition.modules[0].id == "c");
    CHECK((*LoadFormerGood(paths))->composition.modules[0].id == "a");
  }

  TEST_CASE("neither an incomplete boot nor one from the last known good set is promoted") {
    const TemporaryDirectory root;
    const Paths paths = Paths::Below(root.path().string());
    Breadcrumb incomplete = Running("a", 1);
    incomplete.incomplete = true;
    CHECK(Promote(paths, incomplete, 1).error().code() == "not_promotable");
    Breadcrumb fallen_back = Running("a", 1);
    fallen_back.composition.source = CompositionSource::kLastKnownGood;
    CHECK(Promote(paths, fallen_back, 1).error().code() == "not_promotable");
  }
}

TEST_SUITE("breadcrumb") {
  TEST_CASE("of this boot it is read back, of another boot it is absent") {
    const TemporaryDirectory root;
    const std::string proc = root.path().string() + "/proc";
    REQUIRE(MakeDirectories(proc + "/sys/kernel/random", 0755));
    REQUIRE(WriteFile(proc + "/uptime", "1.0 1.0\n", 0644));
    REQUIRE(WriteFile(proc + "/sys/kernel/random/boot_id", "boot\n", 0644));
    const Paths paths = Paths::Below(root.path().string());
    REQUIRE(MakeDirectories(paths.run, 0755));
    Breadcrumb breadcrumb = Running("a", 3);
    breadcrumb.mode = NodeMode::kPivot;
    breadcrumb.lowers = {"/run/x"};
    const auto kept = WriteBreadcrumb(paths, breadcrumb);
    REQUIRE(kept);
    CHECK_FALSE(kept->has_value());

    const auto read = ReadBreadcrumb(paths);
    REQUIRE(read);
    REQUIRE(*read);
    CHECK((*read)->lowers == breadcrumb.lowers);
    CHECK((*read)->composition.revision == 3);
    CHECK(DeriveMode(paths) == NodeMode::kPivot);

    REQUIRE(WriteFile(proc + "/sys/kernel/random/boot_id", "later\n", 0644));
    CHECK_FALSE(ReadBreadcrumb(paths)->has_value());
    CHECK(DeriveMode(paths) == NodeMode::kHost);
  }

  TEST_CASE("a persist directory that cannot be written costs only the copy") {
    const TemporaryDirectory root;
    const Paths paths = Paths::Below(root.path().string());
    REQUIRE(MakeDirectories(paths.run, 0755));
    REQUIRE(WriteFile(paths.persist, "a file where the directory should be", 0644));
    const auto kept = WriteBreadcrumb(paths, Running("a", 1));
    REQUIRE(kept);
    CHECK(kept->has_value());
    CHECK(Exists(paths.composed));
  }
}

}  // namespace
}  // namespace powernode::runtime::last_known_good_test

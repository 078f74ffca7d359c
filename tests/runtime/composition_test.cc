#include "runtime/composition.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "tests/runtime/sample.h"

namespace powernode::runtime::composition_test {
namespace {

using testing::SampleModule;

TEST_SUITE("composition") {
  TEST_CASE("layers are ordered by priority, then by id") {
    std::vector<ComposedModule> modules = {SampleModule("b", 10), SampleModule("c", 5),
                                           SampleModule("a", 10)};
    SortLowToHigh(modules);
    CHECK(modules[0].id == "c");
    CHECK(modules[1].id == "a");
    CHECK(modules[2].id == "b");
  }

  TEST_CASE("the hash does not depend on the order of the list") {
    std::vector<ComposedModule> modules = {SampleModule("a", 1), SampleModule("b", 2)};
    const std::string hash = CompositionHash(modules);
    std::reverse(modules.begin(), modules.end());
    CHECK(CompositionHash(modules) == hash);
  }

  TEST_CASE("the hash covers id, digest, fs-verity, priority and manifest") {
    const std::vector<ComposedModule> original = {SampleModule("a", 1)};
    const std::string hash = CompositionHash(original);
    for (const auto change :
         {+[](ComposedModule& m) { m.id = "z"; }, +[](ComposedModule& m) { m.digest.back() ^= 1; },
          +[](ComposedModule& m) { m.fsverity = "00"; },
          +[](ComposedModule& m) { m.effective_priority = 2; },
          +[](ComposedModule& m) { m.manifest_sha256 = "other"; }}) {
      std::vector<ComposedModule> changed = original;
      change(changed[0]);
      CHECK(CompositionHash(changed) != hash);
    }
  }

  TEST_CASE("a record that went to JSON and back is the same") {
    Composition composition{.modules = {SampleModule("a", 1), SampleModule("b", 2)},
                            .revision = 42,
                            .source = CompositionSource::kLive,
                            .reason = "assigned",
                            .created_at = 1'779'271'451};
    composition.modules[0].proof = {{"key_id", "9f3c"}};
    composition.modules[0].signed_revision = 7;
    const Result<Composition> back = CompositionFromJson(ToJson(composition));
    REQUIRE(back);
    CHECK(ToJson(*back) == ToJson(composition));
  }

  TEST_CASE("a record whose hash is not that of its modules is refused") {
    Json body = ToJson(Composition{.modules = {SampleModule("a", 1)}});
    body["modules"][0]["effective_priority"] = 7;
    const Result<Composition> read = CompositionFromJson(body);
    REQUIRE_FALSE(read);
    CHECK(read.error().code() == "bad_composition");
  }

  TEST_CASE("a record without modules, digest or priority is refused") {
    for (const char* missing : {"id", "digest", "effective_priority"}) {
      Json body = ToJson(Composition{.modules = {SampleModule("a", 1)}});
      body["modules"][0].erase(missing);
      CHECK_FALSE(CompositionFromJson(body));
    }
    CHECK_FALSE(CompositionFromJson(Json::object()));
    CHECK_FALSE(CompositionFromJson({{"modules", Json::array()}}));
  }
}

}  // namespace
}  // namespace powernode::runtime::composition_test

#include "enroll/module_list.h"

#include <doctest/doctest.h>

namespace powernode::enroll::module_list_test {
namespace {

Result<ModuleList> Parse(std::string_view text) { return ParseModuleList(*ParseJson(text)); }

TEST_SUITE("module_list") {
  TEST_CASE("reads a complete list") {
    const Result<ModuleList> list = Parse(
        R"({"modules":[{"id":"m0","name":"base","priority":5},
            {"id":"m1","name":"nginx","priority":10,"effective_priority":"30010","dependencies":["m0",7,"../x"],
             "digest":"SHA256:ab","colour":"red"}],
            "count":2,"assignment_revision":42,"complete":true,"removed":["m9"]})");
    REQUIRE(list.ok());
    REQUIRE(list->modules.size() == 2);
    CHECK(list->modules[0].effective_priority == 5);
    CHECK(list->modules[1].effective_priority == 30010);
    CHECK(list->modules[1].dependencies == std::vector<std::string>{"m0"});
    CHECK(list->modules[1].digest.empty());
    CHECK(list->assignment_revision == 42);
    CHECK(list->removed == std::vector<std::string>{"m9"});
    CHECK(MissingDependencies(*list).empty());
  }

  TEST_CASE("an empty list is a list") {
    const Result<ModuleList> list = Parse(R"({"modules":[],"count":0})");
    REQUIRE(list.ok());
    CHECK(list->modules.empty());
  }

  TEST_CASE("every kind of partial answer is refused and says why") {
    const std::vector<std::pair<std::string, std::string>> table = {
        {R"({})", "no list"},
        {R"({"modules":{},"count":0})", "no list"},
        {R"({"modules":[],"count":1})", "0 elements and says 1"},
        {R"({"modules":[{"id":"a","name":"a"}],"count":0})", "1 elements and says 0"},
        {R"({"modules":[]})", "says nothing"},
        {R"({"modules":[],"count":-1})", "says -1"},
        {R"({"modules":[],"count":0,"complete":false})", "says so itself"},
        {R"({"modules":[{"id":"a","name":"a"},{"id":"a","name":"b"}],"count":2})",
         "module a is in it twice"},
        {R"({"modules":[{"name":"a"}],"count":1})", "no usable id"},
        {R"({"modules":[{"id":"../a","name":"a"}],"count":1})", "no usable id"},
        {R"({"modules":[{"id":"a%2fb","name":"a"}],"count":1})", "no usable id"},
        {R"({"modules":[{"id":"a","name":""}],"count":1})", "no usable id"},
        {R"({"modules":[7],"count":1})", "no usable id"},
    };
    for (const auto& [text, why] : table) {
      const Result<ModuleList> list = Parse(text);
      CAPTURE(text);
      REQUIRE_FALSE(list.ok());
      CHECK(list.error().code() == "partial_answer");
      CHECK(list.error().message().find(why) != std::string::npos);
    }
  }

  TEST_CASE("a dependency that is not in the list is named") {
    const Result<ModuleList> list =
        Parse(R"({"modules":[{"id":"m1","name":"nginx","dependencies":["m0"]}],"count":1})");
    REQUIRE(list.ok());
    CHECK(MissingDependencies(*list) ==
          std::vector<std::string>{"module nginx (m1) needs module m0, which is not in the list"});
  }
}

}  // namespace
}  // namespace powernode::enroll::module_list_test

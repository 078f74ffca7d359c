#include "runtime/status_line.h"

#include <doctest/doctest.h>

#include "tests/runtime/sample.h"

namespace powernode::runtime::status_line_test {
namespace {

using testing::SampleModule;

TEST_SUITE_BEGIN("status line");

TEST_CASE("says what a person asks first") {
  NodeReport report;
  CHECK(StatusLine(report, {}, {}, 1000) == "host mode, no modules; no heartbeat yet");
  report.mode = NodeMode::kPivot;
  report.breadcrumb =
      Breadcrumb{.composition = {.modules = {SampleModule("a", 1), SampleModule("b", 2)}}};
  report.live_ids = {"a"};
  const std::string hash = CompositionHash(report.breadcrumb->composition.modules).substr(0, 12);
  CHECK(StatusLine(report, {.at = 1000}, {}, 1001) ==
        "pivot mode, set " + hash +
            ": 1 of 2 modules live; heartbeat answered less than a minute ago");
  report.breadcrumb->composition.source = CompositionSource::kLastKnownGood;
  report.services = {
      {.module_id = "a", .service = "x", .state = {.name = "x", .active = "failed"}},
      {.module_id = "a", .service = "y", .state = {.name = "y", .active = "active"}}};
  const std::vector<Finding> findings = {
      {.code = "service_failed", .severity = Severity::kHigh, .subject = "x"}};
  CHECK(StatusLine(report, {.at = 1000, .error = "no route"}, findings, 1000 + 7300) ==
        "pivot mode, set " + hash +
            ", last known good: 1 of 2 modules live, 1 of 2 services failed; 1 finding, high: x; "
            "heartbeat answered 2 hours ago (no route)");
}

TEST_CASE("is the same line from beat to beat") {
  const NodeReport report;
  const std::string line = StatusLine(report, {.at = 1000}, {}, 1000);
  for (std::int64_t second = 0; second < 60; ++second)
    CHECK(StatusLine(report, {.at = 1000}, {}, 1000 + second) == line);
  CHECK(StatusLine(report, {.at = 1000}, {}, 990) == line);  // the clock was set back
  struct Row {
    std::int64_t age;
    const char* words;
  };
  for (const Row& row :
       {Row{60, "1 minute ago"}, Row{119, "1 minute ago"}, Row{120, "2 minutes ago"},
        Row{3600, "1 hour ago"}, Row{86400, "1 day ago"}, Row{200000, "2 days ago"}})
    CHECK(StatusLine(report, {.at = 1000}, {}, 1000 + row.age).ends_with(row.words));
}

TEST_SUITE_END();

}  // namespace
}  // namespace powernode::runtime::status_line_test

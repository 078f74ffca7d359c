#include "runtime/metrics.h"

#include <doctest/doctest.h>

#include <map>
#include <set>

#include "agent/base/files.h"
#include "tests/runtime/sample.h"
#include "tests/support/temporary_directory.h"

namespace powernode::runtime::metrics_test {
namespace {

using powernode::testing::TemporaryDirectory;
using testing::SampleModule;

Metrics Sample() {
  NodeReport report;
  report.breadcrumb =
      Breadcrumb{.composition = {.modules = {SampleModule("a", 1), SampleModule("b\"\\\n", 2)}}};
  report.live_ids = {"b\"\\\n"};
  report.layers = {{"b\"\\\n", {.enforcement = mount::Enforcement::kKernel, .position = 1}}};
  report.services = {{.module_id = "a",
                      .service = "web",
                      .state = {.name = "web.service", .active = "failed", .restarts = 3}}};
  report.attempts = 1;
  report.persist_free_mib = 3;
  return {.report = std::make_shared<const NodeReport>(report),
          .heartbeat = {.at = 1000, .error = "", .answered = 7, .failed = 2},
          .reconciles = {.done = 4, .failed = 1, .last_done = 990},
          .findings = {{.code = "x", .severity = Severity::kHigh},
                       {.code = "y", .severity = Severity::kHigh}},
          .restarts = {{"reconcile", 5}},
          .certificate_not_after = 2000,
          .store_bytes = 12345};
}

TEST_SUITE_BEGIN("metrics");

TEST_CASE("say what is known") {
  const std::string text = RenderMetrics(Sample());
  for (const char* line :
       {"powernode_heartbeats_total{outcome=\"success\"} 7",
        "powernode_heartbeats_total{outcome=\"failure\"} 2",
        "powernode_heartbeat_last_success_timestamp_seconds 1000",
        "powernode_reconciles_total{outcome=\"failure\"} 1",
        "powernode_reconcile_last_success_timestamp_seconds 990", "powernode_modules_live 1",
        "powernode_modules_composed 2", "powernode_unit_active{unit=\"web.service\"} 0",
        "powernode_unit_restarts_total{unit=\"web.service\"} 3",
        "powernode_findings{severity=\"high\"} 2", "powernode_findings{severity=\"low\"} 0",
        "powernode_set_attempts 1", "powernode_certificate_not_after_timestamp_seconds 2000",
        "powernode_persist_free_bytes 3145728", "powernode_store_size_bytes 12345",
        "powernode_loop_restarts_total{loop=\"reconcile\"} 5"})
    CHECK(text.find("\n" + std::string(line) + "\n") != std::string::npos);
  CHECK(text.find("powernode_module_verity_enforced{module=\"b\\\"\\\\ \",digest=\"sha256:") !=
        std::string::npos);
}

TEST_CASE("leave out what is not") {
  const std::string text = RenderMetrics({.report = std::make_shared<const NodeReport>()});
  for (const char* name : {"timestamp_seconds", "store_size", "unit_", "modules_composed"})
    CHECK(text.find(name) == std::string::npos);
}

// Prometheus' exposition format 0.0.4: each family once, with one help and one type line before its
// samples; a counter's name ends in _total, and no other does.
TEST_CASE("keep the format's rules") {
  std::map<std::string, std::string> types;
  std::set<std::string> helped;
  std::string text = RenderMetrics(Sample());
  REQUIRE(text.ends_with('\n'));
  std::string current;
  for (std::size_t at = 0, end = 0; at < text.size(); at = end + 1) {
    end = text.find('\n', at);
    const std::string line = text.substr(at, end - at);
    if (line.starts_with("# HELP ")) {
      current = line.substr(7, line.find(' ', 7) - 7);
      CHECK(helped.insert(current).second);
      CHECK(line.ends_with('.'));
    } else if (line.starts_with("# TYPE ")) {
      CHECK(line.substr(7, line.find(' ', 7) - 7) == current);
      types[current] = line.substr(line.rfind(' ') + 1);
    } else {
      const std::string name = line.substr(0, line.find_first_of("{ "));
      CHECK(name == current);
      CHECK(name.starts_with("powernode_"));
      CHECK((types[name] == "counter") == name.ends_with("_total"));
    }
  }
  CHECK(helped.size() == types.size());
}

TEST_CASE("reach the textfile collector whole, and a directory that is not there is said") {
  const TemporaryDirectory root;
  const std::string directory = root.path().string();
  REQUIRE(WriteMetricsFile(directory, "a 1\n"));
  REQUIRE(WriteMetricsFile(directory, "a 2\n"));
  CHECK(*ReadFile(directory + "/powernode.prom", 100) == "a 2\n");
  CHECK(ListDirectory(directory)->size() == 1);
  const Status missing = WriteMetricsFile(directory + "/missing", "a 1\n");
  REQUIRE_FALSE(missing);
  CHECK(missing.error().message().find("metrics_textfile") != std::string::npos);
}

TEST_CASE("count the store once in ten minutes") {
  const TemporaryDirectory root;
  const Paths paths = Paths::Below(root.path().string());
  REQUIRE(MakeDirectories(paths.blobs, 0755));
  StoreSize size;
  const auto empty = size.Bytes(paths, std::chrono::minutes(1));
  REQUIRE(empty);
  const std::string blob = paths.blobs + "/sha256_" + std::string(64, 'a');
  REQUIRE(WriteFile(blob, std::string(100'000, 'x'), 0444));
  CHECK(size.Bytes(paths, std::chrono::minutes(10)) == empty);
  const auto counted = size.Bytes(paths, std::chrono::minutes(11));
  REQUIRE(counted);
  CHECK(*counted >= *empty + 100'000);
}

TEST_SUITE_END();

}  // namespace
}  // namespace powernode::runtime::metrics_test

// What a monitoring system wants to know of the node, in Prometheus' text format 0.0.4. A value
// that is not known is left out: an absent series is an answer, a zero would be a wrong one.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "agent/base/paths.h"
#include "agent/base/result.h"
#include "runtime/findings.h"
#include "runtime/node_report.h"
#include "runtime/reconcile_loop.h"

namespace powernode::runtime {

struct Metrics {
  std::shared_ptr<const NodeReport> report;
  LastHeartbeat heartbeat;
  ReconcileCounts reconciles;
  std::vector<Finding> findings;
  std::vector<std::pair<std::string, std::uint64_t>> restarts;  // by loop
  std::optional<std::int64_t> certificate_not_after;            // seconds since 1970
  std::optional<std::uint64_t> store_bytes;
};

std::string RenderMetrics(const Metrics& metrics);

// `directory`/powernode.prom for node_exporter's textfile collector, whole or not at all.
Status WriteMetricsFile(const std::string& directory, const std::string& text);

// What the module store takes on its disk. Counting looks at each file, so a count serves for ten
// minutes. Thread-safe.
class StoreSize {
 public:
  std::optional<std::uint64_t> Bytes(const Paths& paths, std::chrono::milliseconds now);

 private:
  std::mutex mutex_;
  std::optional<std::uint64_t> bytes_;
  std::optional<std::chrono::milliseconds> counted_;
};

}  // namespace powernode::runtime

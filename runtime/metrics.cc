#include "runtime/metrics.h"

#include <algorithm>
#include <string_view>

#include "agent/base/files.h"
#include "agent/base/printable.h"
#include "agent/base/version.h"
#include "mount/store_check.h"

namespace powernode::runtime {
namespace {

constexpr std::chrono::minutes kCountServes{10};
constexpr std::uint64_t kMiB = 1024 * 1024;

std::string Label(std::string_view name, std::string_view value) {
  std::string label = std::string(name) + "=\"";
  for (const char c : Printable(value)) {
    if (c == '"' || c == '\\') label += '\\';
    label += c;
  }
  return label + "\"";
}

// Writes a family at a time: its help and type, then its samples.
class Exposition {
 public:
  void Family(std::string_view name, std::string_view type, std::string_view help) {
    name_ = "powernode_" + std::string(name);
    text_ += "# HELP " + name_ + " " + std::string(help) + "\n# TYPE " + name_ + " " +
             std::string(type) + "\n";
  }
  void Sample(std::uint64_t value, const std::string& labels = "") {
    text_ +=
        name_ + (labels.empty() ? "" : "{" + labels + "}") + " " + std::to_string(value) + "\n";
  }
  // A gauge of one sample.
  void Gauge(std::string_view name, std::uint64_t value, std::string_view help) {
    Family(name, "gauge", help);
    Sample(value);
  }
  // A time, once there is one.
  void Time(std::string_view name, std::int64_t at, std::string_view help) {
    if (at > 0) Gauge(name, static_cast<std::uint64_t>(at), help);
  }
  void Outcomes(std::string_view name, std::uint64_t good, std::uint64_t bad,
                std::string_view help) {
    Family(name, "counter", help);
    Sample(good, Label("outcome", "success"));
    Sample(bad, Label("outcome", "failure"));
  }
  std::string Take() { return std::move(text_); }

 private:
  std::string name_;
  std::string text_;
};

void AddModules(const NodeReport& report, Exposition& out) {
  out.Gauge("modules_live", report.live_ids.size(), "Modules proven to be in the live union.");
  if (!report.breadcrumb) return;
  const std::vector<ComposedModule>& modules = report.breadcrumb->composition.modules;
  out.Gauge("modules_composed", modules.size(), "Modules of the running set.");
  out.Family("module_verity_enforced", "gauge",
             "Whether the kernel holds every read of the live module to what was signed.");
  for (const ComposedModule& module : modules)
    if (const auto layer = report.layers.find(module.id); layer != report.layers.end())
      out.Sample(layer->second.enforcement == mount::Enforcement::kKernel ? 1 : 0,
                 Label("module", module.id) + "," + Label("digest", module.digest));
}

void AddServices(const NodeReport& report, Exposition& out) {
  if (report.services.empty()) return;
  out.Family("unit_active", "gauge", "Whether the unit of a module is active.");
  for (const ServiceReport& service : report.services)
    out.Sample(service.state.active == "active" ? 1 : 0, Label("unit", service.state.name));
  out.Family("unit_restarts_total", "counter", "Restarts of the unit by the service manager.");
  for (const ServiceReport& service : report.services)
    out.Sample(service.state.restarts, Label("unit", service.state.name));
}

void AddFindings(const std::vector<Finding>& findings, Exposition& out) {
  out.Family("findings", "gauge", "What is amiss, until it is cleared.");
  for (const Severity severity :
       {Severity::kLow, Severity::kMedium, Severity::kHigh, Severity::kCritical})
    out.Sample(static_cast<std::uint64_t>(
                   std::count_if(findings.begin(), findings.end(),
                                 [&](const Finding& one) { return one.severity == severity; })),
               Label("severity", SeverityName(severity)));
}

}  // namespace

std::string RenderMetrics(const Metrics& metrics) {
  const NodeReport& report = *metrics.report;
  Exposition out;
  out.Family("agent_info", "gauge", "The agent and how the node is run.");
  out.Sample(1, Label("version", Version()) + "," + Label("mode", NodeModeName(report.mode)));
  out.Outcomes("heartbeats_total", metrics.heartbeat.answered, metrics.heartbeat.failed,
               "Heartbeats since the agent started.");
  out.Time("heartbeat_last_success_timestamp_seconds", metrics.heartbeat.at,
           "When a heartbeat was answered last.");
  out.Outcomes("reconciles_total", metrics.reconciles.done, metrics.reconciles.failed,
               "Reconciles with the platform since the agent started.");
  out.Time("reconcile_last_success_timestamp_seconds", metrics.reconciles.last_done,
           "When a reconcile came to its end last.");
  AddModules(report, out);
  AddServices(report, out);
  AddFindings(metrics.findings, out);
  out.Gauge("set_attempts", report.attempts, "Boots of the running set without a verdict.");
  out.Gauge("reboot_pending", report.pending_reboot ? 1 : 0,
            "Whether another set waits for the next boot.");
  out.Time("certificate_not_after_timestamp_seconds", metrics.certificate_not_after.value_or(0),
           "When the certificate in use ends.");
  out.Gauge("persist_free_bytes", report.persist_free_mib * kMiB,
            "Free space of the persist partition.");
  if (metrics.store_bytes)
    out.Gauge("store_size_bytes", *metrics.store_bytes, "What the module store takes on its disk.");
  out.Family("loop_restarts_total", "counter", "Loops started again after an exception.");
  for (const auto& [loop, restarts] : metrics.restarts) out.Sample(restarts, Label("loop", loop));
  return out.Take();
}

Status WriteMetricsFile(const std::string& directory, const std::string& text) {
  RETURN_IF_ERROR_CONTEXT(WriteFileAtomically(JoinPath(directory, "powernode.prom"), text, 0644),
                          "write metrics (metrics_textfile in agent.conf)");
  return Ok();
}

std::optional<std::uint64_t> StoreSize::Bytes(const Paths& paths, std::chrono::milliseconds now) {
  const std::scoped_lock lock(mutex_);
  if (!counted_ || now - *counted_ >= kCountServes) {
    bytes_.reset();
    if (const Result<mount::StoreContents> store = mount::LookIntoStore(paths))
      bytes_ = store->allocated;
    counted_ = now;
  }
  return bytes_;
}

}  // namespace powernode::runtime

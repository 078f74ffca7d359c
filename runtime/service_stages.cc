#include "runtime/service_stages.h"

#include "agent/base/version.h"
#include "runtime/timeline.h"

namespace powernode::runtime {

void ServiceStages::Ready(std::chrono::milliseconds now) {
  Add("service ready", now, "powernode-agent " + std::string(Version()));
  ready_ = now;
}

void ServiceStages::Observe(const NodeReport& report, const LastHeartbeat& heartbeat) {
  if (!heartbeat_ && heartbeat.first_at) {
    heartbeat_ = true;
    Add("first heartbeat", *heartbeat.first_at, "answered by the platform");
  }
  if (!healthy_ && report.healthy_at) {
    healthy_ = true;
    Add("healthy", *report.healthy_at, "the health gate passed");
  }
}

void ServiceStages::Add(const char* stage, std::chrono::milliseconds end, std::string detail) {
  (void)AddStageOnce(paths_, boot_id_,
                     {.stage = stage, .start = ready_, .end = end, .detail = std::move(detail)});
}

}  // namespace powernode::runtime

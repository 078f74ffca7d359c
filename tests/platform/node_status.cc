// GET and POST status (node-api.md §8.2).
#include <algorithm>

#include "tests/platform/routes.h"
#include "tests/platform/task_view.h"

namespace powernode::platform {
namespace {

constexpr std::string_view kStatuses[] = {"pending",   "provisioning", "starting",
                                          "running",   "stopping",     "stopped",
                                          "rebooting", "terminated",   "error"};

json TimeOrNull(Seconds time) { return time == 0 ? json(nullptr) : json(FormatTime(time)); }

}  // namespace

Answer ShowStatus(Call& call) {
  const Node& node = *call.node;
  const json heartbeat_at = TimeOrNull(node.last_heartbeat_at);
  return Success({{"instance",
                   {{"id", node.id},
                    {"name", node.name},
                    {"status", node.status},
                    {"variety", "instance"},
                    {"last_heartbeat", heartbeat_at},
                    {"last_report", heartbeat_at},
                    {"metrics", node.metrics}}},
                  {"node", {{"id", node.id}, {"name", node.name}, {"worker_assigned", false}}},
                  {"pending_tasks", OpenTasksOf(call.state, node).size()}});
}

Answer ReportStatus(Call& call) {
  const std::string status = call.Text("status");
  if (std::find(std::begin(kStatuses), std::end(kStatuses), status) == std::end(kStatuses))
    return Failure(400, "Invalid status", "PARAMETER_MISSING");
  if (status != "stopping" && status != "rebooting")
    call.Complain("an agent reports stopping and rebooting only, not " + status);
  call.node->status = status;
  if (const auto metrics = call.body.find("metrics");
      metrics != call.body.end() && metrics->is_object())
    call.node->metrics = *metrics;
  call.changed = true;
  json pending = json::array();
  for (const Task* task : OpenTasksOf(call.state, *call.node)) pending.push_back(ShortTask(*task));
  return Success({{"status_updated", true},
                  {"current_status", status},
                  {"pending_tasks", std::move(pending)}});
}

}  // namespace powernode::platform

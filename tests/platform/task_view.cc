#include "tests/platform/task_view.h"

namespace powernode::platform {

bool IsFinished(const Task& task) { return task.status == "completed" || task.status == "failed"; }

std::vector<const Task*> OpenTasksOf(const State& state, const Node& node) {
  std::vector<const Task*> open;
  for (const Task& task : state.tasks) {
    if (task.node_id == node.id && !IsFinished(task)) open.push_back(&task);
  }
  return open;
}

json ShortTask(const Task& task) {
  return {{"id", task.id},
          {"command", task.command},
          {"status", task.status},
          {"progress", task.progress},
          {"created_at", FormatTime(task.created_at)}};
}

json LeaseView(const Task& task) {
  return {{"token", task.lease_token},
          {"expires_at", FormatTime(task.lease_expires_at)},
          {"seconds", task.lease_seconds}};
}

json PlainTask(const Task& task) {
  json view = ShortTask(task);
  view["options"] = task.options;
  view["started_at"] = task.started_at == 0 ? json(nullptr) : json(FormatTime(task.started_at));
  view["events"] = task.events;
  return view;
}

json TaskView(const Task& task) {
  json view = PlainTask(task);
  view["executor"] = "agent";
  view["cancel_requested"] = task.cancel_requested;
  if (!task.lease_token.empty())
    view["lease"] = {{"expires_at", FormatTime(task.lease_expires_at)},
                     {"holder", task.attempt_id}};
  return view;
}

}  // namespace powernode::platform

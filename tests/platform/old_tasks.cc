// The task routes of older servers (node-api.md §9.2, §20), without leases. The first generation
// refuses to acknowledge what is pending, breaks when something is completed, and keeps only one
// spelling of an error; its own worker may run a task meanwhile, which `task set` plays.
#include "tests/platform/routes.h"
#include "tests/platform/task_view.h"

namespace powernode::platform {
namespace {

Task* Find(Call& call) {
  Task* const task = call.state.FindTask(call.request.segments[2]);
  return task != nullptr && task->node_id == call.node->id ? task : nullptr;
}

Answer NoTask() { return Failure(404, "Operation not found", "NOT_FOUND"); }

// The server's own doing, whoever asks.
Answer Blameless(Call& call, int status, std::string_view text) {
  call.blameless = true;
  return Failure(status, text, status == 422 ? "VALIDATION_ERROR" : "");
}

Answer WithTask(const Task& task, const char* what) {
  return Success({{what, true}, {"task", ShortTask(task)}});
}

Answer Finish(Call& call, Task& task, const char* status, const std::string& error) {
  task.status = status;
  task.error = error;
  task.finished_at = call.now;
  call.changed = true;
  return WithTask(task, status);
}

}  // namespace

Answer AcknowledgeGen1(Call& call) {
  const Task* const task = Find(call);
  if (task == nullptr) return NoTask();
  if (task->status == "pending" || IsFinished(*task))
    return Blameless(call, 422, "Operation cannot be acknowledged");
  return WithTask(*task, "acknowledged");
}

Answer CompleteGen1(Call& call) {
  const Task* const task = Find(call);
  if (task == nullptr) return NoTask();
  return task->status == "running" ? Blameless(call, 500, "Internal server error")
                                   : Blameless(call, 400, "Operation is not running");
}

Answer FailGen1(Call& call) {
  Task* const task = Find(call);
  if (task == nullptr) return NoTask();
  if (IsFinished(*task)) return Blameless(call, 422, "Operation is finished");
  return Finish(call, *task, "failed", call.Text("error_message"));
}

Answer AcknowledgeGen2(Call& call) {
  Task* const task = Find(call);
  if (task == nullptr) return NoTask();
  if (task->status != "pending") return Blameless(call, 422, "Operation is not pending");
  task->status = "running";
  task->started_at = call.now;
  call.changed = true;
  return WithTask(*task, "acknowledged");
}

Answer CompleteGen2(Call& call) {
  Task* const task = Find(call);
  if (task == nullptr) return NoTask();
  if (task->status != "running") return Blameless(call, 422, "Operation is not running");
  task->result = call.body.value("result", json::object());
  task->progress = 100;
  return Finish(call, *task, "completed", "");
}

Answer FailGen2(Call& call) {
  Task* const task = Find(call);
  if (task == nullptr) return NoTask();
  if (IsFinished(*task)) return Blameless(call, 422, "Operation is finished");
  const std::string error = call.Text("error");
  return Finish(call, *task, "failed", error.empty() ? call.Text("error_message") : error);
}

}  // namespace powernode::platform

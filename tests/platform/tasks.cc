// The task routes (node-api.md §9). A task belongs to the attempt that acknowledged it until its
// lease runs out; finishing is idempotent for that attempt, and everybody else gets 409 LEASE_LOST.
#include <algorithm>

#include "tests/platform/digest.h"
#include "tests/platform/routes.h"
#include "tests/platform/task_view.h"

namespace powernode::platform {
namespace {

constexpr Seconds kLease = 300;
constexpr Seconds kMaxLease = 3600;
constexpr std::size_t kMaxResult = 64 << 10;
constexpr std::size_t kMaxMessage = 1 << 10;

Answer NoTask() { return Failure(404, "Operation not found", "NOT_FOUND"); }
Answer LeaseLost() { return Failure(409, "The task is leased to another attempt", "LEASE_LOST"); }

Task* Find(Call& call) {
  Task* const task = call.state.FindTask(call.request.segments[2]);
  return task != nullptr && task->node_id == call.node->id ? task : nullptr;
}

json View(const Call& call, const Task& task) {
  return call.Offers("task-lease") ? TaskView(task) : PlainTask(task);
}

void Note(Task& task, Seconds now, const char* type, const std::string& message) {
  task.events.push_back({{"type", type},
                         {"message", message},
                         {"timestamp", FormatTime(now)},
                         {"data", json::object()}});
}

Answer WithTask(const Task& task, const char* what) {
  return Success({{what, true}, {"task", ShortTask(task)}});
}

// The member that says who finishes: the attempt, proved by the lease token.
bool HoldsLease(const Call& call, const Task& task) {
  return task.status == "running" && SameSecret(call.Text("lease_token"), task.lease_token);
}

Answer Finish(Call& call, Task& task, const char* status, const char* said) {
  const std::string attempt = call.Text("attempt_id");
  if (IsFinished(task)) {
    if (task.status != status || attempt != task.attempt_id) return LeaseLost();
    Answer answer = WithTask(task, said);
    std::get<json>(answer.body)["data"]["already"] = true;
    return answer;
  }
  if (attempt.empty() || call.Text("lease_token").empty())
    call.Complain("attempt_id and lease_token are needed");
  if (attempt != task.attempt_id || !HoldsLease(call, task)) return LeaseLost();
  task.status = status;
  task.finished_at = call.now;
  call.changed = true;
  Note(task, call.now, status, call.Text("message"));
  return WithTask(task, said);
}

}  // namespace

Answer ListTasks(Call& call) {
  json tasks = json::array();
  for (const Task* task : OpenTasksOf(call.state, *call.node)) tasks.push_back(View(call, *task));
  return List("tasks", std::move(tasks));
}

Answer ShowTask(Call& call) {
  const Task* const task = Find(call);
  if (task == nullptr) return NoTask();
  return Success({{"task", View(call, *task)}});
}

Answer AcknowledgeTask(Call& call) {
  Task* const task = Find(call);
  if (task == nullptr) return NoTask();
  const std::string attempt = call.Text("attempt_id");
  if (attempt.empty()) return Failure(400, "attempt_id is required", "PARAMETER_MISSING");
  if (call.Text("boot_id").empty()) call.Complain("boot_id is missing");
  if (IsFinished(*task))
    return attempt == task->attempt_id ? WithTask(*task, "acknowledged") : LeaseLost();
  const bool held = task->status == "running" && task->lease_expires_at > call.now;
  if (held && attempt != task->attempt_id) return LeaseLost();
  if (!held || attempt != task->attempt_id) {
    const auto wanted = call.body.find("lease_seconds");
    task->lease_seconds = wanted != call.body.end() && wanted->is_number_integer()
                              ? std::clamp<Seconds>(wanted->get<Seconds>(), 1, kMaxLease)
                              : kLease;
    task->attempt_id = attempt;
    task->lease_token = RandomToken();
    task->lease_expires_at = call.now + task->lease_seconds;
    task->status = "running";
    task->started_at = call.now;
    task->last_seq = -1;
    Note(*task, call.now, "acknowledged", "attempt " + attempt);
    call.changed = true;
  }
  Answer answer = WithTask(*task, "acknowledged");
  std::get<json>(answer.body)["data"]["lease"] = LeaseView(*task);
  return answer;
}

Answer CompleteTask(Call& call) {
  Task* const task = Find(call);
  if (task == nullptr) return NoTask();
  const json result = call.body.value("result", json::object());
  if (!result.is_object()) return Failure(422, "result is not an object", "VALIDATION_ERROR");
  if (result.dump().size() > kMaxResult)
    return Failure(413, "result is larger than 64 KiB", "TOO_LARGE");
  Answer answer = Finish(call, *task, "completed", "completed");
  if (answer.status == 200) {
    task->result = result;
    task->progress = 100;
  }
  return answer;
}

Answer FailTask(Call& call) {
  Task* const task = Find(call);
  if (task == nullptr) return NoTask();
  const std::string error = call.Text("error");
  if (error.empty() && call.Text("error_message").empty())
    return Failure(400, "error is required", "PARAMETER_MISSING");
  if (error != call.Text("error_message"))
    call.Complain("error and error_message differ; old servers read the second");
  Answer answer = Finish(call, *task, "failed", "failed");
  if (answer.status == 200) {
    task->error = error.empty() ? call.Text("error_message") : error;
    task->error_code = call.Text("code");
  }
  return answer;
}

Answer ProgressTask(Call& call) {
  Task* const task = Find(call);
  if (task == nullptr) return NoTask();
  if (!HoldsLease(call, *task)) return LeaseLost();
  const json seq = call.body.value("seq", json());
  const json percent = call.body.value("percent", json());
  if (!seq.is_number_integer()) return Failure(422, "seq is required", "VALIDATION_ERROR");
  if (!percent.is_null() && (!percent.is_number_integer() || percent < 0 || percent > 100))
    return Failure(422, "percent is not 0 to 100", "VALIDATION_ERROR");
  if (call.Text("message").size() > kMaxMessage)
    return Failure(422, "message is larger than 1 KiB", "VALIDATION_ERROR");
  if (seq > task->last_seq) {
    task->last_seq = seq.get<std::int64_t>();
    if (!percent.is_null()) task->progress = percent.get<std::int64_t>();
    Note(*task, call.now, "progress", call.Text("message"));
  }
  task->lease_expires_at = call.now + task->lease_seconds;
  call.changed = true;
  Answer answer = WithTask(*task, "recorded");
  json& data = std::get<json>(answer.body)["data"];
  data["cancel_requested"] = task->cancel_requested;
  data["lease"] = LeaseView(*task);
  return answer;
}

Answer ReleaseTask(Call& call) {
  Task* const task = Find(call);
  if (task == nullptr) return NoTask();
  if (!HoldsLease(call, *task)) return LeaseLost();
  task->status = "pending";
  task->attempt_id.clear();
  task->lease_token.clear();
  task->lease_expires_at = 0;
  Note(*task, call.now, "released", call.Text("reason"));
  call.changed = true;
  return WithTask(*task, "released");
}

}  // namespace powernode::platform

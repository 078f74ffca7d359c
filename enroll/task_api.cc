#include "enroll/task_api.h"

namespace powernode::enroll {
namespace {

constexpr int kLeaseSeconds = 300;
constexpr Retries kProgressRetries{.count = 1, .cap = std::chrono::seconds(8)};

std::string PathOf(const std::string& id) { return "status/tasks/" + id; }

}  // namespace

Result<TaskList> TaskApi::List(std::stop_token stop) const {
  const ApiCall call{.path = "status/tasks",
                     .body = {},
                     .limits = kListCall,
                     .retries = kGetRetries,
                     .lane = LaneName::kTask};
  ASSIGN_OR_RETURN_CONTEXT(const Json data, session_.Call(call, std::move(stop)), "list tasks");
  ASSIGN_OR_RETURN_CONTEXT(TaskList list, ParseTaskList(data), "list tasks");
  return list;
}

Result<Task> TaskApi::Show(const std::string& id, std::stop_token stop) const {
  const std::string context = "show task " + id;
  const ApiCall call{.path = PathOf(id),
                     .body = {},
                     .limits = limits_,
                     .retries = kGetRetries,
                     .lane = LaneName::kTask};
  ASSIGN_OR_RETURN_CONTEXT(const Json data, session_.Call(call, std::move(stop)), context);
  ASSIGN_OR_RETURN_CONTEXT(Task task, ParseTask(data), context);
  if (task.id != id)
    return Error(ErrorKind::kRefuted, "bad_task",
                 context + ": the platform answered with task " + task.id);
  return task;
}

Result<Json> TaskApi::Post(const TaskAttempt& attempt, const char* verb, Json body, Retries retries,
                           std::stop_token stop) const {
  body["attempt_id"] = attempt.attempt_id;
  if (!attempt.lease_token.empty()) body["lease_token"] = attempt.lease_token;
  const ApiCall call{.path = PathOf(attempt.task_id) + "/" + verb,
                     .body = std::move(body),
                     .limits = limits_,
                     .retries = retries,
                     .lane = LaneName::kTask,
                     .repeatable = Repeatable::kByKey};
  Result<Json> data = session_.Call(call, std::move(stop));
  if (!data)
    return std::move(data).error().WithContext(std::string(verb) + " task " + attempt.task_id);
  return data;
}

Result<TaskAcknowledged> TaskApi::Acknowledge(const TaskAttempt& attempt,
                                              const std::string& boot_id,
                                              std::stop_token stop) const {
  Json body = {{"boot_id", boot_id}, {"lease_seconds", kLeaseSeconds}};
  const Result<Json> data = Post(attempt, "acknowledge", std::move(body), kNoRetries, stop);
  if (data) {
    const Json* task = GetObject(*data, "task");
    const bool over = task != nullptr &&
                      TaskStatusOf(GetString(*task, "status").value_or("")) == TaskStatus::kOver;
    return TaskAcknowledged{.grant = over ? TaskGrant::kOver : TaskGrant::kTaken,
                            .lease = ParseTaskLease(*data)};
  }
  const std::string& code = data.error().code();
  if (code == "conflict" || code == "not_found") return TaskAcknowledged{};
  if (code != "rejected") return data.error();
  ASSIGN_OR_RETURN(const Task task, Show(attempt.task_id, std::move(stop)));
  TaskAcknowledged refused;
  if (task.status == TaskStatus::kPending) refused.grant = TaskGrant::kUnconfirmed;
  if (task.status == TaskStatus::kOver) refused.grant = TaskGrant::kOver;
  return refused;
}

Result<bool> TaskApi::Progress(const TaskAttempt& attempt, std::int64_t sequence,
                               std::stop_token stop) const {
  ASSIGN_OR_RETURN(const Json data, Post(attempt, "progress", {{"seq", sequence}}, kProgressRetries,
                                         std::move(stop)));
  return GetBool(data, "cancel_requested").value_or(false);
}

Status TaskApi::Complete(const TaskAttempt& attempt, const Json& result, const std::string& message,
                         std::stop_token stop) const {
  Json body = {{"result", result}, {"message", message}};
  ASSIGN_OR_RETURN(const Json data,
                   Post(attempt, "complete", std::move(body), kNoRetries, std::move(stop)));
  return Ok();
}

Status TaskApi::Fail(const TaskAttempt& attempt, const std::string& code, const std::string& text,
                     std::stop_token stop) const {
  Json body = {{"error", text}, {"error_message", text}, {"code", code}};  // the second: gen-1
  ASSIGN_OR_RETURN(const Json data,
                   Post(attempt, "fail", std::move(body), kNoRetries, std::move(stop)));
  return Ok();
}

Status TaskApi::Release(const TaskAttempt& attempt, const std::string& reason,
                        std::stop_token stop) const {
  ASSIGN_OR_RETURN(const Json data,
                   Post(attempt, "release", {{"reason", reason}}, kNoRetries, std::move(stop)));
  return Ok();
}

}  // namespace powernode::enroll

#include "enroll/task.h"

#include <algorithm>

#include "agent/base/clock.h"
#include "agent/base/url.h"
#include "enroll/answer.h"

namespace powernode::enroll {
namespace {

constexpr std::size_t kMaxTasks = 1000;
constexpr std::size_t kMaxOptions = 64 * 1024;
constexpr std::size_t kMaxToken = 1024;
constexpr std::int64_t kLongestLease = 3600;

Error BadTask(const std::string& id, const std::string& why) {
  return Error(ErrorKind::kInvalid, "bad_task", "task \"" + PrintableText(id) + "\" " + why);
}

}  // namespace

TaskStatus TaskStatusOf(std::string_view word) {
  if (word == "pending") return TaskStatus::kPending;
  if (word == "acknowledged" || word == "running") return TaskStatus::kTaken;
  if (word == "completed" || word == "failed" || word == "cancelled") return TaskStatus::kOver;
  return TaskStatus::kUnknown;
}

Result<Task> ParseTask(const Json& data) {
  const Json* nested = GetObject(data, "task");
  const Json& element = nested != nullptr ? *nested : data;
  Task task;
  task.id = GetString(element, "id").value_or("");
  if (!IsPathId(task.id)) return BadTask(task.id, "has no usable id");
  task.command = PrintableText(GetString(element, "command").value_or(""));
  if (task.command.empty()) return BadTask(task.id, "names no command");
  task.status = TaskStatusOf(GetString(element, "status").value_or(""));
  if (const Json* options = GetObject(element, "options")) {
    if (DumpJson(*options).size() > kMaxOptions)
      return BadTask(task.id, "has options of more than 64 KiB");
    task.options = *options;
  }
  task.cancel_requested = GetBool(element, "cancel_requested").value_or(false);
  task.deadline_at = ParseTime(GetString(element, "deadline_at").value_or(""));
  if (const Json* lease = GetObject(element, "lease"))
    task.lease_holder = PrintableText(GetString(*lease, "holder").value_or(""));
  return task;
}

Result<TaskList> ParseTaskList(const Json& data) {
  const Json* elements = GetArray(data, "tasks");
  if (elements == nullptr || elements->size() > kMaxTasks)
    return Error(ErrorKind::kCannotTell, "partial_answer",
                 elements == nullptr ? "there is no list in the answer"
                                     : "the platform lists more than 1000 tasks");
  TaskList list;
  for (const Json& element : *elements) {
    Result<Task> task = ParseTask(element);
    if (task && std::any_of(list.tasks.begin(), list.tasks.end(),
                            [&](const Task& other) { return other.id == task->id; }))
      task = BadTask(task->id, "is in the list twice");
    if (task)
      list.tasks.push_back(*std::move(task));
    else
      list.notes.push_back(task.error().message());
  }
  return list;
}

std::optional<TaskLease> ParseTaskLease(const Json& data) {
  const Json* lease = GetObject(data, "lease");
  if (lease == nullptr) return std::nullopt;
  std::string token = GetString(*lease, "token").value_or("");
  if (token.empty() || token.size() > kMaxToken) return std::nullopt;
  const std::int64_t seconds = GetInt(*lease, "seconds").value_or(kLongestLease);
  return TaskLease{
      .token = std::move(token),
      .length = std::chrono::seconds(std::clamp<std::int64_t>(seconds, 1, kLongestLease))};
}

}  // namespace powernode::enroll

// Verbs about tasks.
#include <algorithm>

#include "tests/platform/task_view.h"
#include "tests/platform/verbs.h"

namespace powernode::platform {
namespace {

constexpr std::string_view kStatuses[] = {"pending", "acknowledged", "running", "completed",
                                          "failed"};

Result<Task*> NeedTask(VerbContext& context, const json& arguments) {
  const std::string id = arguments.at("task").get<std::string>();
  if (Task* const task = context.state.FindTask(id)) return task;
  return Error(ErrorKind::kNotFound, "no_such_task", "there is no task '" + id + "'");
}

}  // namespace

Result<json> AddTask(VerbContext& context, const json& arguments) {
  ASSIGN_OR_RETURN(const Node* const node, NeedNode(context, arguments));
  State& state = context.state;
  const std::string id = arguments.value("id", "t" + std::to_string(state.next_number++));
  if (state.FindTask(id) != nullptr)
    return Error(ErrorKind::kInvalid, "task_exists", "task '" + id + "' exists");
  state.tasks.push_back({.id = id,
                         .node_id = node->id,
                         .command = arguments.at("command").get<std::string>(),
                         .options = arguments.value("options", json::object()),
                         .created_at = state.Now()});
  return ShortTask(state.tasks.back());
}

Result<json> SetTask(VerbContext& context, const json& arguments) {
  ASSIGN_OR_RETURN(Task* const task, NeedTask(context, arguments));
  const std::string status = arguments.at("status").get<std::string>();
  if (std::find(std::begin(kStatuses), std::end(kStatuses), status) == std::end(kStatuses))
    return Error(ErrorKind::kInvalid, "bad_argument",
                 "a task is pending, acknowledged, running, completed or failed");
  task->status = status;
  return ShortTask(*task);
}

Result<json> CancelTask(VerbContext& context, const json& arguments) {
  ASSIGN_OR_RETURN(Task* const task, NeedTask(context, arguments));
  task->cancel_requested = true;
  return ShortTask(*task);
}

}  // namespace powernode::platform

// Tasks as the platform lists and grants them (node-api.md §9.1, §9.2). Everything in them came
// from outside: ids that may stand in a path, words of a line, options of at most 64 KiB. An
// element that is not so is left out and noted; the others stay.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/base/json.h"
#include "agent/base/result.h"

namespace powernode::enroll {

enum class TaskStatus {
  kPending,
  kTaken,   // acknowledged or running: by this node, or by the server's own worker
  kOver,    // completed, failed or cancelled: final
  kUnknown  // a word of a later server
};

TaskStatus TaskStatusOf(std::string_view word);

struct Task {
  std::string id;
  std::string command;
  TaskStatus status = TaskStatus::kUnknown;
  Json options = Json::object();
  bool cancel_requested = false;
  std::optional<std::int64_t> deadline_at;  // seconds since 1970
  std::string lease_holder;                 // an attempt's id; empty: the server has no leases
};

struct TaskList {
  std::vector<Task> tasks;         // in the server's order, the oldest first; each id once
  std::vector<std::string> notes;  // one text for each element that was left out
};

struct TaskLease {
  std::string token;
  std::chrono::seconds length{0};
};

// kCannotTell "partial_answer": there is no list, or one of more than 1000 elements.
Result<TaskList> ParseTaskList(const Json& data);

// One task: `data.task`, or `data` itself. kInvalid "bad_task".
Result<Task> ParseTask(const Json& data);

// Of an acknowledgement; nullopt: the server has no leases.
std::optional<TaskLease> ParseTaskLease(const Json& data);

}  // namespace powernode::enroll

// How a task ended: a result, or a code and a text for the platform and its operator. Small enough
// for one report (node-api.md §9.2: 64 KiB).
#pragma once

#include <string>

#include "agent/base/error.h"
#include "agent/base/json.h"
#include "agent/base/process.h"

namespace powernode::runtime {

struct TaskOutcome {
  bool ok = false;
  Json result = Json::object();  // when ok
  std::string code;              // when not
  std::string text;              // when not: why; when ok: a remark, mostly empty
};

TaskOutcome TaskDone(Json result);
// `text` is cut to 1 KiB and made printable.
TaskOutcome TaskFailed(std::string_view code, std::string_view text);
TaskOutcome TaskFailed(const Error& error);

// {command, exit_code, output, truncated}: of the output as much of its end as a report holds.
Json ShellResult(const std::string& command, ProcessOutcome process);

}  // namespace powernode::runtime

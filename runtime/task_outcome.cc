#include "runtime/task_outcome.h"

#include <algorithm>

#include "agent/base/printable.h"

namespace powernode::runtime {
namespace {

constexpr std::size_t kMaxOutcomeText = 1024;
constexpr std::size_t kMaxResult = 64 * 1024;
constexpr std::size_t kLongestEscape = 6;  // \u0000

}  // namespace

TaskOutcome TaskDone(Json result) {
  TaskOutcome outcome;
  outcome.ok = true;
  outcome.result = std::move(result);
  return outcome;
}

TaskOutcome TaskFailed(std::string_view code, std::string_view text) {
  TaskOutcome outcome;
  outcome.code = code;
  outcome.text = Printable(text.substr(0, kMaxOutcomeText));
  return outcome;
}

TaskOutcome TaskFailed(const Error& error) { return TaskFailed(error.code(), error.message()); }

Json ShellResult(const std::string& command, ProcessOutcome process) {
  Json result = {{"command", command}, {"exit_code", process.exit_code}};
  for (;;) {
    result["output"] = process.output;
    result["truncated"] = process.truncated;
    const std::size_t size = DumpJson(result).size();
    if (size <= kMaxResult) return result;
    process.output.erase(0,
                         std::min(process.output.size(), (size - kMaxResult) / kLongestEscape + 1));
    process.truncated = true;
  }
}

}  // namespace powernode::runtime

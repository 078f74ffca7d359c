#include "agent/commands/outcome.h"

#include <cstdio>

namespace powernode::commands {
namespace {

std::string ValueText(const OrderedJson& value) {
  return value.is_string() ? value.get<std::string>() : DumpJson(value);
}

void PrintLine(const std::string& label, const std::string& value) {
  std::printf("%-14s %s\n", (label + ":").c_str(), value.c_str());
}

void PrintForPeople(const std::string& command, const Outcome& outcome) {
  if (outcome.error) {
    std::fprintf(stderr, "powernode-agent: %s: %s [%s]\n",
                 outcome.stage.empty() ? command.c_str() : outcome.stage.c_str(),
                 outcome.error->message().c_str(), outcome.error->code().c_str());
  }
  if (!outcome.text.empty()) {
    std::fputs(outcome.text.c_str(), stdout);
    return;
  }
  if (outcome.error) return;
  for (const auto& [key, value] : outcome.details.items()) PrintLine(key, ValueText(value));
}

}  // namespace

Outcome Outcome::Failed(std::string stage, Error error) {
  Outcome outcome;
  outcome.exit_code = ExitCodeOf(error);
  outcome.status = error.kind() == ErrorKind::kRefused ? "refused" : "error";
  outcome.stage = std::move(stage);
  outcome.error = std::move(error);
  return outcome;
}

int Print(const std::string& command, const Outcome& outcome, Style style, long duration_ms) {
  if (style == Style::kPeople) {
    PrintForPeople(command, outcome);
    return outcome.exit_code;
  }
  OrderedJson object;
  object["command"] = command;
  object["status"] = outcome.status;
  object["exit_code"] = static_cast<int>(outcome.exit_code);
  object["duration_ms"] = duration_ms;
  object["stage"] = outcome.stage;
  object["error"] = outcome.error ? OrderedJson(outcome.error->message()) : OrderedJson(nullptr);
  object["error_code"] = outcome.error ? OrderedJson(outcome.error->code()) : OrderedJson(nullptr);
  object["details"] = outcome.details;
  std::printf("%s\n", DumpJson(object).c_str());
  return outcome.exit_code;
}

}  // namespace powernode::commands

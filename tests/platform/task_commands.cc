// `task`
#include <memory>

#include "tests/platform/command_line.h"

namespace powernode::platform {
namespace {

struct TaskOptions {
  std::string node;
  std::string command;
  std::string options = "{}";
  std::string task;
  std::string status;
};

Status RunTaskAdd(const CommandLine& line, const TaskOptions& given) {
  const json options = json::parse(given.options, nullptr, false);
  if (!options.is_object())
    return Error(ErrorKind::kInvalid, "bad_argument",
                 "--options is not a JSON object: " + given.options);
  return PrintVerb(line, "task add",
                   {{"node", given.node}, {"command", given.command}, {"options", options}});
}

}  // namespace

void AddTaskCommands(CLI::App& app, CommandLine& line) {
  auto given = std::make_shared<TaskOptions>();
  CLI::App* task = app.add_subcommand("task", "give nodes work")->require_subcommand(1);

  CLI::App* add = task->add_subcommand("add", "a task for a node");
  add->add_option("NODE", given->node)->required();
  add->add_option("COMMAND", given->command, "sync, restart, reboot, ... (node-api.md 9.4)")
      ->required();
  add->add_option("--options", given->options, "JSON object")->capture_default_str();
  add->callback([given, &line] { line.run = [given, &line] { return RunTaskAdd(line, *given); }; });

  CLI::App* set = task->add_subcommand("set", "what a server's own worker does to it");
  set->add_option("TASK", given->task)->required();
  set->add_option("--status", given->status, "pending, acknowledged, running, completed, failed")
      ->required();
  set->callback([given, &line] {
    line.run = [given, &line] {
      return PrintVerb(line, "task set", {{"task", given->task}, {"status", given->status}});
    };
  });

  CLI::App* cancel = task->add_subcommand("cancel", "ask the node to stop working on it");
  cancel->add_option("TASK", given->task)->required();
  cancel->callback([given, &line] {
    line.run = [given, &line] { return PrintVerb(line, "task cancel", {{"task", given->task}}); };
  });
}

}  // namespace powernode::platform

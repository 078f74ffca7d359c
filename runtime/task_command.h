// What a task may ask for, and how often it may be done (node-api.md §9.4): one table.
#pragma once

#include <string_view>

namespace powernode::runtime {

enum class TaskClass : char {
  kRepeat = 'R',    // done until it is done
  kOnce = 'O',      // at most once a task
  kConfirmed = 'X'  // at most once, after the platform has said that it is ours
};

enum class TaskAction {
  kSync,
  kUnit,
  kReboot,
  kTerminate,
  kShell,
  kNothing,   // a word of older servers that asks for nothing here
  kUnknown,   // not a word of ours
  kElsewhere  // a word of the contract that this agent does not do
};

struct TaskCommand {
  std::string_view name;
  TaskAction action = TaskAction::kUnknown;
  TaskClass task_class = TaskClass::kRepeat;
};

TaskCommand FindTaskCommand(std::string_view name);

}  // namespace powernode::runtime

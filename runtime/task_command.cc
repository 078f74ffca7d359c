#include "runtime/task_command.h"

#include <array>

namespace powernode::runtime {
namespace {

constexpr std::array kCommands = {
    TaskCommand{"sync", TaskAction::kSync, TaskClass::kRepeat},
    TaskCommand{"sync_modules", TaskAction::kSync, TaskClass::kRepeat},
    TaskCommand{"apply_config", TaskAction::kSync, TaskClass::kRepeat},
    TaskCommand{"start", TaskAction::kUnit, TaskClass::kRepeat},
    TaskCommand{"stop", TaskAction::kUnit, TaskClass::kRepeat},
    TaskCommand{"restart", TaskAction::kUnit, TaskClass::kRepeat},
    TaskCommand{"reboot", TaskAction::kReboot, TaskClass::kConfirmed},
    TaskCommand{"terminate", TaskAction::kTerminate, TaskClass::kConfirmed},
    TaskCommand{"ssh_command", TaskAction::kShell, TaskClass::kConfirmed},
    TaskCommand{"custom", TaskAction::kShell, TaskClass::kConfirmed},
    TaskCommand{"provision", TaskAction::kNothing, TaskClass::kRepeat},
    TaskCommand{"deprovision", TaskAction::kNothing, TaskClass::kRepeat},
    TaskCommand{"upgrade_boot_image", TaskAction::kElsewhere, TaskClass::kConfirmed},
};

}  // namespace

TaskCommand FindTaskCommand(std::string_view name) {
  for (const TaskCommand& command : kCommands)
    if (command.name == name) return command;
  if (name.starts_with("storage."))
    return {.name = name, .action = TaskAction::kElsewhere, .task_class = TaskClass::kOnce};
  return {.name = name};
}

}  // namespace powernode::runtime

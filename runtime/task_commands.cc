#include "runtime/task_commands.h"

#include <algorithm>

#include "agent/base/printable.h"
#include "runtime/agent_unit.h"
#include "runtime/staged_set.h"
#include "runtime/task_command.h"
#include "runtime/unit_directory.h"

namespace powernode::runtime {
namespace {

constexpr std::chrono::seconds kPatience{300};
constexpr std::int64_t kLongestPatience = 3600;
constexpr std::string_view kPolicy = "refused_by_policy";

std::string OptionOf(const enroll::Task& task, std::string_view name) {
  return GetString(task.options, name).value_or("");
}

}  // namespace

std::chrono::seconds TaskCommands::PatienceFor(const enroll::Task& task) {
  if (FindTaskCommand(task.command).action != TaskAction::kShell) return kPatience;
  const std::int64_t wish = GetInt(task.options, "timeout_seconds").value_or(kPatience.count());
  return std::chrono::seconds(std::clamp<std::int64_t>(wish, 1, kLongestPatience));
}

Status TaskCommands::CheckUnit(const std::string& unit) const {
  const std::string shown = Printable(unit.substr(0, 256));
  if (IsAgentUnit(unit))
    return Error(ErrorKind::kRefused, kPolicy, shown + " is the agent's own unit");
  const std::shared_ptr<const Settings> settings = settings_.Get();
  if (std::find(settings->task_units.begin(), settings->task_units.end(), unit) !=
      settings->task_units.end())
    return Ok();
  ASSIGN_OR_RETURN(const std::vector<std::string> own, ListOwnUnits(paths_));
  if (std::find(own.begin(), own.end(), unit) != own.end()) return Ok();
  return Error(ErrorKind::kRefused, kPolicy,
               "\"" + shown + "\" is neither a module's unit nor in task_units of agent.conf");
}

std::optional<TaskOutcome> TaskCommands::Refusal(const enroll::Task& task,
                                                 const std::string& instance_id) const {
  const TaskAction action = FindTaskCommand(task.command).action;
  const bool needs_manager = action == TaskAction::kUnit || action == TaskAction::kReboot ||
                             action == TaskAction::kTerminate;
  if (needs_manager && systemd_ == nullptr)
    return TaskFailed("no_service_manager", "this agent runs without a service manager");
  switch (action) {
    case TaskAction::kUnknown:
      return TaskFailed("unknown_command", "unknown_command: " + task.command);
    case TaskAction::kElsewhere:
      return TaskFailed("unknown_command",
                        "unknown_command: " + task.command + " is not among what this agent does");
    case TaskAction::kUnit:
      if (Status allowed = CheckUnit(OptionOf(task, "unit")); !allowed)
        return TaskFailed(allowed.error());
      return std::nullopt;
    case TaskAction::kTerminate:
      if (!settings_->allow_terminate && OptionOf(task, "confirm_instance_id") != instance_id)
        return TaskFailed(kPolicy,
                          "confirm_instance_id is not this node's id, and agent.conf does not say "
                          "allow_terminate = yes");
      return std::nullopt;
    case TaskAction::kShell: {
      if (!settings_->remote_exec)
        return TaskFailed(kPolicy, "agent.conf of this node does not say remote_exec = on");
      const std::string command = OptionOf(task, "command");
      if (command.empty() || command.find('\0') != std::string::npos)
        return TaskFailed("bad_options", "options.command is not a command line");
      return std::nullopt;
    }
    case TaskAction::kSync:
    case TaskAction::kReboot:
    case TaskAction::kNothing:
      break;
  }
  return std::nullopt;
}

std::optional<TaskOutcome> TaskCommands::Run(const enroll::Task& task,
                                             std::chrono::milliseconds patience,
                                             std::stop_token stop) {
  switch (FindTaskCommand(task.command).action) {
    case TaskAction::kSync:
      return Sync(patience, std::move(stop));
    case TaskAction::kUnit: {
      const std::string unit = OptionOf(task, "unit");
      if (Status done = systemd_->Act(task.command, {unit}, std::move(stop), patience); !done)
        return TaskFailed(done.error());
      return TaskDone({{"unit", unit}, {"verb", task.command}});
    }
    case TaskAction::kReboot:
      if (Status begun = systemd_->GoDown("reboot"); !begun && begun.error().code() != "timeout")
        return TaskFailed(begun.error());
      return std::nullopt;
    case TaskAction::kTerminate:
      if (Status begun = systemd_->GoDown("poweroff"); !begun) return TaskFailed(begun.error());
      return TaskDone({{"status", "powering_off"}});
    case TaskAction::kShell:
      return Shell(task, patience, std::move(stop));
    case TaskAction::kNothing:
      return TaskDone({{"status", "noop_passthrough"}});
    case TaskAction::kUnknown:
    case TaskAction::kElsewhere:
      break;
  }
  return TaskFailed("unknown_command", task.command);
}

TaskOutcome TaskCommands::Sync(std::chrono::milliseconds patience, std::stop_token stop) {
  const Result<ReconcileRound> round = reconcile_(patience, std::move(stop));
  if (!round) return TaskFailed(round.error());
  if (round->error) return TaskFailed(*round->error);
  Json result = {{"status", round->applied          ? "applied"
                            : round->pending_reboot ? "staged"
                                                    : "unchanged"},
                 {"composition", round->composition},
                 {"staged", nullptr},
                 {"pending_reboot", round->pending_reboot}};
  if (round->pending_reboot)
    if (const Result<std::optional<Composition>> staged = StagedSet(paths_); staged && *staged)
      result["staged"] = CompositionHash((*staged)->modules);
  return TaskDone(std::move(result));
}

TaskOutcome TaskCommands::Shell(const enroll::Task& task, std::chrono::milliseconds patience,
                                std::stop_token stop) {
  Result<ProcessOutcome> ended =
      runner_.Run({"/bin/sh", "-c", OptionOf(task, "command")}, patience, std::move(stop));
  if (!ended) return TaskFailed(ended.error());
  return TaskDone(ShellResult(task.command, *std::move(ended)));
}

}  // namespace powernode::runtime

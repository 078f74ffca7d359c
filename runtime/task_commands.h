// Carries out what a task asks for (node-api.md §9.4), and refuses what this node does not let the
// platform do: foreign units, commands without remote_exec=on, an end without the node's own id.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>

#include "agent/base/paths.h"
#include "agent/base/process.h"
#include "enroll/task.h"
#include "runtime/live_settings.h"
#include "runtime/reconcile_loop.h"
#include "runtime/systemd.h"
#include "runtime/task_outcome.h"

namespace powernode::runtime {

// A reconcile that begins after this call: see ReconcileLoop::Await.
using ReconcileNow =
    std::function<Result<ReconcileRound>(std::chrono::milliseconds patience, std::stop_token stop)>;

class TaskCommands {
 public:
  // All outlive it. `systemd` may be nullptr: there is no service manager.
  TaskCommands(const Paths& paths, LiveSettings settings, Systemd* systemd, ProcessRunner& runner,
               ReconcileNow reconcile)
      : paths_(paths),
        settings_(std::move(settings)),
        systemd_(systemd),
        runner_(runner),
        reconcile_(std::move(reconcile)) {}

  // Why it will not be done here, known without doing anything; nullopt: it may be tried.
  std::optional<TaskOutcome> Refusal(const enroll::Task& task,
                                     const std::string& instance_id) const;

  // Within `patience`, and ending soon after `stop`. nullopt: the node goes down, and what came of
  // it is known after the next boot. Precondition: no Refusal.
  std::optional<TaskOutcome> Run(const enroll::Task& task, std::chrono::milliseconds patience,
                                 std::stop_token stop);

  // What the task wishes for itself, within the contract's bounds.
  static std::chrono::seconds PatienceFor(const enroll::Task& task);

 private:
  TaskOutcome Sync(std::chrono::milliseconds patience, std::stop_token stop);
  TaskOutcome Shell(const enroll::Task& task, std::chrono::milliseconds patience,
                    std::stop_token stop);
  Status CheckUnit(const std::string& unit) const;

  const Paths& paths_;
  LiveSettings settings_;
  Systemd* systemd_;
  ProcessRunner& runner_;
  ReconcileNow reconcile_;
};

}  // namespace powernode::runtime

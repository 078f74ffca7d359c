// Does the platform's tasks, one at a time (node-api.md §9): take, carry out, report, with each
// step in the journal before it is made.
//
// Where it was cut off, by a crash, a reboot or a lost answer, the journal and the platform's list
// together say what comes next (task_plan.h). What may be repeated is done again; of what may be
// done once only the platform hears that it was interrupted; a reboot is reported when the node is
// back. An outcome that cannot be reported is kept for a day and then left unreported, and is not
// done again. One thread uses it.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "agent/base/clock.h"
#include "agent/base/log.h"
#include "agent/base/paths.h"
#include "enroll/session.h"
#include "enroll/task_api.h"
#include "runtime/findings.h"
#include "runtime/task_commands.h"
#include "runtime/task_journal.h"

namespace powernode::runtime {

struct TaskPace {
  std::chrono::milliseconds poll{20'000};
  std::chrono::milliseconds watch{10'000};  // how often a running task's lease is renewed
};

class TaskRunner {
 public:
  // All outlive it.
  TaskRunner(const Paths& paths, TaskCommands& commands, Findings& findings, Clock& clock, Log& log,
             TaskPace pace = {})
      : paths_(paths),
        commands_(commands),
        findings_(findings),
        clock_(clock),
        log_(log),
        pace_(pace),
        journal_(paths) {}

  // Reports what is due, and takes one task if there is one. The wait until the next round: none
  // when there may be more to do.
  std::chrono::milliseconds Round(enroll::Session& session, std::stop_token stop);

 private:
  // What is not to be tried again before a time on the monotonic clock.
  struct Pause {
    std::string id;
    std::chrono::milliseconds until{0};
    std::chrono::milliseconds length{0};
  };

  bool Open();
  bool Keep(const Status& written);
  void Recover();
  bool GoesDown(const TaskEntry& entry) const;
  std::vector<TaskEntry> InState(TaskState state) const;
  void LookForOffered(const enroll::TaskApi& api, std::vector<enroll::Task>& listed,
                      std::stop_token stop);
  void NoteOddities(const enroll::TaskList& list);

  // True: something was done, look again at once.
  bool Advance(enroll::Session& session, const enroll::Task& task, std::stop_token stop);
  bool Take(enroll::Session& session, const enroll::Task& task, TaskEntry entry,
            std::stop_token stop);
  bool Execute(enroll::Session& session, const enroll::Task& task, TaskEntry entry,
               std::stop_token stop);
  std::optional<TaskOutcome> CarryOut(const enroll::TaskApi& api, const enroll::Task& task,
                                      const TaskEntry& entry, const std::string& instance_id,
                                      std::stop_token stop);
  bool Finish(enroll::Session& session, TaskEntry entry, TaskOutcome outcome,
              const std::stop_token& stop);
  bool HandBack(enroll::Session& session, TaskEntry entry);

  void ReportDue(const enroll::TaskApi& api, std::stop_token stop);
  void Report(const enroll::TaskApi& api, TaskEntry entry, std::stop_token stop);
  Status Send(const enroll::TaskApi& api, const TaskEntry& entry, std::stop_token stop) const;
  void Settle(TaskEntry entry, TaskState state);
  TaskEntry NewEntry(const enroll::Task& task, const std::string& instance_id) const;

  bool IsPaused(const std::string& id) const;
  void PauseFor(const std::string& id, std::chrono::milliseconds shortest,
                std::chrono::milliseconds longest);
  void Resume(const std::string& id);

  const Paths& paths_;
  TaskCommands& commands_;
  Findings& findings_;
  Clock& clock_;
  Log& log_;
  TaskPace pace_;
  TaskJournal journal_;
  bool open_ = false;    // the journal has been read
  std::string boot_id_;  // of this boot; empty: not known
  std::vector<Pause> pauses_;
};

}  // namespace powernode::runtime

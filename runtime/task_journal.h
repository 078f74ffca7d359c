// What this node has done about the platform's tasks ($S/agent/tasks.json, node-files.md §5.4), so
// that no crash, lost answer or reboot makes it do one again that may be done only once.
//
// Written before a task is acknowledged, before it is carried out and before it is reported.
// Options are not stored, they may hold secrets: only their digest is. What has ended is remembered
// for seven days and for as long as the platform lists it, at most 1000 tasks. One thread uses it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "agent/base/paths.h"
#include "agent/base/result.h"
#include "enroll/task.h"
#include "runtime/task_command.h"
#include "runtime/task_outcome.h"

namespace powernode::runtime {

enum class TaskState {
  kOffered,    // acknowledged perhaps: the answer has not been seen
  kRunning,    // begun
  kFinished,   // the outcome waits to be reported
  kReported,   // the platform knows
  kUnreported  // the platform does not take it; never done again all the same
};

struct TaskEntry {
  std::string id;
  std::string command;
  TaskClass task_class = TaskClass::kRepeat;
  std::string options_sha256;
  std::string attempt_id;
  std::string lease_token;  // empty: the server has no leases
  TaskState state = TaskState::kOffered;
  std::string boot_id;           // in which it began
  std::int64_t started_at = 0;   // seconds since 1970
  std::int64_t finished_at = 0;  // likewise
  TaskOutcome outcome;           // from kFinished on; without its result once it is settled
};

class TaskJournal {
 public:
  explicit TaskJournal(const Paths& paths) : paths_(paths) {}

  // Reads the file. kRefuted "state_corrupt": it was set aside and the journal is empty. After any
  // other error nothing is known of what was done, and nothing may be taken.
  Status Load();

  const std::vector<TaskEntry>& entries() const { return entries_; }
  // nullptr: none. Until the next change.
  const TaskEntry* Find(std::string_view id) const;

  // Both change the memory in any case; after Ok() the disk has it too.
  Status Put(TaskEntry entry);
  Status Forget(std::string_view id);
  // Forgets what is settled and old, but nothing that is listed.
  Status Prune(const std::vector<enroll::Task>& listed, std::int64_t now_unix);
  bool full() const;

 private:
  Status Save() const;

  const Paths& paths_;
  std::vector<TaskEntry> entries_;
};

}  // namespace powernode::runtime

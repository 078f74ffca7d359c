#include "runtime/task_runner.h"

#include <algorithm>

#include "agent/base/backoff.h"
#include "agent/base/random.h"
#include "agent/base/sha256.h"
#include "runtime/breadcrumb.h"
#include "runtime/task_command.h"
#include "runtime/task_plan.h"
#include "runtime/task_watch.h"

namespace powernode::runtime {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr double kSpread = 0.25;
constexpr milliseconds kJournalAgain{60'000};
constexpr milliseconds kAnswerAgain{5'000};        // after a lost acknowledgement
constexpr milliseconds kConfirmAgain{5 * 60'000};  // a server that cannot confirm
constexpr milliseconds kFirstReportWait{5'000};
constexpr milliseconds kLongestReportWait{15 * 60'000};
constexpr std::int64_t kReportFor = 24 * 3600;
constexpr std::int64_t kGoingDown = 300;  // seconds that an accepted reboot may take
constexpr std::size_t kMostUnsent = 16;   // outcomes that wait; then nothing new is taken
constexpr milliseconds kPauseKept{3600 * 1000};
constexpr HttpLimits kLastWords{
    .connect = milliseconds(700), .first_byte = milliseconds(700), .total = milliseconds(700)};

constexpr const char* kJournal = "task-journal";
constexpr std::string_view kCutOff = "the agent ended while it carried this task out";
constexpr std::string_view kNotOurs = "not_ours";

enroll::TaskAttempt AttemptOf(const TaskEntry& entry) {
  return {.task_id = entry.id, .attempt_id = entry.attempt_id, .lease_token = entry.lease_token};
}

// The platform may take it later.
bool IsPassing(const Error& error) {
  return error.kind() == ErrorKind::kUnavailable || error.code() == "unauthorized";
}

// The platform has understood, and has done nothing.
bool IsRefusal(const Error& error) {
  return (error.kind() == ErrorKind::kDenied && !IsPassing(error)) ||
         error.kind() == ErrorKind::kNotFound || error.code() == "bad_request";
}

bool IsReboot(const TaskEntry& entry) {
  const TaskAction action = FindTaskCommand(entry.command).action;
  return action == TaskAction::kReboot || action == TaskAction::kTerminate;
}

}  // namespace

milliseconds TaskRunner::Round(enroll::Session& session, std::stop_token stop) {
  const milliseconds period = Jittered(pace_.poll, kSpread);
  if (!Open()) return kJournalAgain;
  Recover();
  const enroll::TaskApi api(session);
  ReportDue(api, stop);
  if (stop.stop_requested()) return period;
  Result<enroll::TaskList> list = api.List(stop);
  if (!list) {
    if (!stop.stop_requested()) findings_.Raise(Severity::kMedium, "tasks", list.error());
    return period;
  }
  findings_.ClearSubject("tasks");
  LookForOffered(api, list->tasks, stop);
  Keep(journal_.Prune(list->tasks, clock_.UnixSeconds()));
  NoteOddities(*list);

  if (!InState(TaskState::kRunning).empty()) return kAnswerAgain;  // the node goes down
  if (InState(TaskState::kFinished).size() >= kMostUnsent || journal_.full()) return period;
  for (const enroll::Task& task : list->tasks) {
    if (stop.stop_requested()) return period;
    if (Advance(session, task, stop)) return milliseconds(0);
  }
  const bool waiting =
      !InState(TaskState::kOffered).empty() || !InState(TaskState::kFinished).empty();
  return waiting ? std::min(period, Jittered(kAnswerAgain, kSpread)) : period;
}

std::vector<TaskEntry> TaskRunner::InState(TaskState state) const {
  std::vector<TaskEntry> found;
  for (const TaskEntry& entry : journal_.entries())
    if (entry.state == state) found.push_back(entry);
  return found;
}

bool TaskRunner::Open() {
  if (open_) return true;
  const Status loaded = journal_.Load();
  if (!loaded && loaded.error().code() != "state_corrupt") return Keep(loaded);
  if (!loaded) findings_.Raise(Severity::kHigh, "task-journal-set-aside", loaded.error());
  open_ = true;
  return true;
}

// True when the journal is on the disk.
bool TaskRunner::Keep(const Status& written) {
  if (written)
    findings_.ClearSubject(kJournal);
  else
    findings_.Raise(Severity::kHigh, kJournal, written.error());
  return written.ok();
}

// Between rounds nothing runs but a reboot: all else was cut off.
void TaskRunner::Recover() {
  if (const Result<std::string> id = BootId(paths_)) boot_id_ = *id;
  for (TaskEntry& entry : InState(TaskState::kRunning)) {
    if (entry.task_class == TaskClass::kRepeat) {
      entry.state = TaskState::kOffered;
      Keep(journal_.Put(std::move(entry)));
      continue;
    }
    const bool reboot = IsReboot(entry);
    if (reboot && GoesDown(entry)) continue;
    if (reboot && entry.boot_id != boot_id_) {
      Json result;
      result["status"] = entry.command == "reboot" ? "rebooted" : "powered_off";
      result["boot_id_before"] = entry.boot_id;
      result["boot_id_after"] = boot_id_;
      entry.outcome = TaskDone(std::move(result));
    } else {
      entry.outcome = TaskFailed("interrupted",
                                 reboot ? std::string_view("the node did not go down") : kCutOff);
    }
    entry.state = TaskState::kFinished;
    entry.finished_at = clock_.UnixSeconds();
    Keep(journal_.Put(std::move(entry)));
  }
}

bool TaskRunner::GoesDown(const TaskEntry& entry) const {
  if (boot_id_.empty()) return true;  // cannot tell
  const std::int64_t elapsed = clock_.UnixSeconds() - entry.started_at;
  return entry.boot_id == boot_id_ && elapsed >= 0 && elapsed < kGoingDown;
}

void TaskRunner::ReportDue(const enroll::TaskApi& api, std::stop_token stop) {
  for (TaskEntry& entry : InState(TaskState::kFinished))
    if (!IsPaused(entry.id) && !stop.stop_requested()) Report(api, std::move(entry), stop);
}

void TaskRunner::Report(const enroll::TaskApi& api, TaskEntry entry, std::stop_token stop) {
  const Status sent = Send(api, entry, stop);
  if (sent) return Settle(std::move(entry), TaskState::kReported);
  if (stop.stop_requested()) return;
  const bool in_time = clock_.UnixSeconds() - entry.finished_at <= kReportFor;
  if (in_time && IsPassing(sent.error()))
    return PauseFor(entry.id, kFirstReportWait, kLongestReportWait);
  const Result<enroll::Task> task = api.Show(entry.id, stop);
  if (in_time && !task && IsPassing(task.error()))
    return PauseFor(entry.id, kFirstReportWait, kLongestReportWait);
  if (task && task->status == enroll::TaskStatus::kOver)
    return Settle(std::move(entry), TaskState::kReported);
  log_.Failure(LogLevel::kWarning, "tasks", sent.error());
  Settle(std::move(entry), TaskState::kUnreported);
}

void TaskRunner::Settle(TaskEntry entry, TaskState state) {
  entry.state = state;
  Resume(entry.id);
  Keep(journal_.Put(std::move(entry)));
}

void TaskRunner::NoteOddities(const enroll::TaskList& list) {
  if (list.notes.empty())
    findings_.Clear("bad_task", "task-list");
  else
    findings_.Raise("bad_task", Severity::kLow, "task-list", list.notes.front());
  std::string ids;
  for (const TaskEntry& entry : InState(TaskState::kUnreported)) ids += " " + entry.id;
  if (ids.empty())
    findings_.Clear("task_unreported", "task-reports");
  else
    findings_.Raise("task_unreported", Severity::kLow, "task-reports",
                    "carried out, but the platform does not take the report:" + ids);
}

// A list may be short by mistake: what may be ours is asked for by name before it is given up.
void TaskRunner::LookForOffered(const enroll::TaskApi& api, std::vector<enroll::Task>& listed,
                                std::stop_token stop) {
  for (const TaskEntry& entry : InState(TaskState::kOffered)) {
    if (std::any_of(listed.begin(), listed.end(),
                    [&](const enroll::Task& task) { return task.id == entry.id; }))
      continue;
    Result<enroll::Task> task = api.Show(entry.id, stop);
    if (task)
      listed.push_back(*std::move(task));
    else if (task.error().kind() == ErrorKind::kNotFound)
      Keep(journal_.Forget(entry.id));
  }
}

TaskEntry TaskRunner::NewEntry(const enroll::Task& task, const std::string& instance_id) const {
  TaskEntry entry;
  entry.id = task.id;
  entry.command = task.command;
  // To refuse something is harmless, whatever it is.
  entry.task_class = commands_.Refusal(task, instance_id)
                         ? TaskClass::kRepeat
                         : FindTaskCommand(task.command).task_class;
  entry.options_sha256 = Sha256Hex(DumpJson(task.options));
  entry.attempt_id = RandomUuid();
  return entry;
}

bool TaskRunner::Advance(enroll::Session& session, const enroll::Task& task, std::stop_token stop) {
  const TaskEntry* known = journal_.Find(task.id);
  switch (NextTaskStep(task, known)) {
    case TaskStep::kLeave:
      return false;
    case TaskStep::kForget:
      Keep(journal_.Forget(task.id));
      return false;
    case TaskStep::kTake: {
      if (IsPaused(task.id)) return false;
      const std::string instance_id = session.credentials()->instance_id;
      return Take(session, task, known != nullptr ? *known : NewEntry(task, instance_id),
                  std::move(stop));
    }
    case TaskStep::kRun:
      return Execute(session, task, *known, std::move(stop));
    case TaskStep::kInterrupt:
      return Finish(session, *known,
                    TaskFailed("interrupted", "the answer to its acknowledgement was lost"), stop);
  }
  return false;
}

bool TaskRunner::Take(enroll::Session& session, const enroll::Task& task, TaskEntry entry,
                      std::stop_token stop) {
  const bool asked_before = journal_.Find(entry.id) != nullptr;
  entry.state = TaskState::kOffered;
  entry.boot_id = boot_id_;
  entry.started_at = clock_.UnixSeconds();
  if (!Keep(journal_.Put(entry))) {
    if (!asked_before) (void)journal_.Forget(entry.id);
    return false;
  }
  const enroll::TaskApi api(session);
  Result<enroll::TaskAcknowledged> answer = api.Acknowledge(AttemptOf(entry), boot_id_, stop);
  if (!answer) {
    log_.Failure(LogLevel::kInfo, "tasks", answer.error());
    if (IsRefusal(answer.error()))
      Keep(journal_.Forget(entry.id));
    else  // it may have arrived: the next list says so
      PauseFor(entry.id, kAnswerAgain, kAnswerAgain);
    return false;
  }
  switch (answer->grant) {
    case enroll::TaskGrant::kTaken:
      break;
    case enroll::TaskGrant::kUnconfirmed:
      if (entry.task_class != TaskClass::kConfirmed) break;
      PauseFor(entry.id, kConfirmAgain, kConfirmAgain);
      Keep(journal_.Forget(entry.id));
      return false;
    case enroll::TaskGrant::kNotOurs:
      if (asked_before) {  // and perhaps heard only now: the next list says whose it is
        PauseFor(entry.id, kAnswerAgain, kAnswerAgain);
        return false;
      }
      Keep(journal_.Forget(entry.id));
      return false;
    case enroll::TaskGrant::kOver:
      Keep(journal_.Forget(entry.id));
      return false;
  }
  Resume(entry.id);
  if (answer->lease) entry.lease_token = answer->lease->token;
  if (stop.stop_requested()) return HandBack(session, std::move(entry));
  return Execute(session, task, std::move(entry), std::move(stop));
}

bool TaskRunner::Execute(enroll::Session& session, const enroll::Task& task, TaskEntry entry,
                         std::stop_token stop) {
  entry.state = TaskState::kRunning;
  entry.boot_id = boot_id_;
  entry.started_at = clock_.UnixSeconds();
  if (!Keep(journal_.Put(entry))) return HandBack(session, std::move(entry));
  log_.Info("tasks", entry.command + " begins", {{"task", entry.id}});
  const enroll::TaskApi api(session);
  const std::string instance_id = session.credentials()->instance_id;
  std::optional<TaskOutcome> outcome = CarryOut(api, task, entry, instance_id, stop);
  if (!outcome) {
    log_.Info("tasks", entry.command + ": the node goes down", {{"task", entry.id}});
    return true;
  }
  const bool repeat = entry.task_class == TaskClass::kRepeat;
  if (!outcome->ok && repeat && stop.stop_requested()) return HandBack(session, std::move(entry));
  if (repeat && outcome->code == kNotOurs) {
    Keep(journal_.Forget(entry.id));
    return true;
  }
  return Finish(session, std::move(entry), *std::move(outcome), stop);
}

std::optional<TaskOutcome> TaskRunner::CarryOut(const enroll::TaskApi& api,
                                                const enroll::Task& task, const TaskEntry& entry,
                                                const std::string& instance_id,
                                                std::stop_token stop) {
  if (task.cancel_requested) return TaskFailed("cancelled", "cancelled before it began");
  if (std::optional<TaskOutcome> refusal = commands_.Refusal(task, instance_id)) return refusal;
  if (entry.task_class == TaskClass::kRepeat &&
      FindTaskCommand(task.command).task_class != TaskClass::kRepeat)
    return TaskFailed("interrupted", "it was refused when it was taken");
  seconds patience = TaskCommands::PatienceFor(task);
  if (task.deadline_at)
    patience = std::min(patience, seconds(*task.deadline_at - clock_.UnixSeconds()));
  if (patience.count() <= 0) return TaskFailed("timeout", "its deadline was over before it began");
  const TaskWatch watch(api, AttemptOf(entry), entry.task_class, pace_.watch, clock_, stop);
  std::optional<TaskOutcome> outcome = commands_.Run(task, patience, watch.stop());
  if (!outcome) return outcome;
  switch (watch.fate()) {
    case TaskFate::kOurs:
      break;
    case TaskFate::kCancelled:
      if (!outcome->ok) return TaskFailed("cancelled", "cancelled while it was carried out");
      break;
    case TaskFate::kLeaseLost:
    case TaskFate::kOver:
      if (entry.task_class == TaskClass::kRepeat)
        return TaskFailed(kNotOurs, "the platform gave it to another or ended it");
      outcome->text = outcome->ok ? "lease lost" : outcome->text + " (lease lost)";
      break;
  }
  if (!outcome->ok && stop.stop_requested()) return TaskFailed("interrupted", kCutOff);
  return outcome;
}

bool TaskRunner::Finish(enroll::Session& session, TaskEntry entry, TaskOutcome outcome,
                        const std::stop_token& stop) {
  log_.Info(
      "tasks",
      entry.command + (outcome.ok ? " is done" : " failed: " + outcome.code + ": " + outcome.text),
      {{"task", entry.id}});
  entry.state = TaskState::kFinished;
  entry.finished_at = clock_.UnixSeconds();
  entry.outcome = std::move(outcome);
  Keep(journal_.Put(entry));  // on a full disk the platform hears of it all the same
  if (!stop.stop_requested()) {
    Report(enroll::TaskApi(session), std::move(entry), stop);
  } else if (Send(enroll::TaskApi(session, kLastWords), entry, {})) {
    Settle(std::move(entry), TaskState::kReported);
  }
  return true;
}

Status TaskRunner::Send(const enroll::TaskApi& api, const TaskEntry& entry,
                        std::stop_token stop) const {
  const enroll::TaskAttempt attempt = AttemptOf(entry);
  const TaskOutcome& outcome = entry.outcome;
  return outcome.ok ? api.Complete(attempt, outcome.result, outcome.text, std::move(stop))
                    : api.Fail(attempt, outcome.code, outcome.text, std::move(stop));
}

// Nothing of it was done, or it may be done again: the next process, or another node, may have it.
bool TaskRunner::HandBack(enroll::Session& session, TaskEntry entry) {
  const enroll::TaskApi last(session, kLastWords);
  if (!entry.lease_token.empty() && last.Release(AttemptOf(entry), "not done", {})) {
    Keep(journal_.Forget(entry.id));
    return false;
  }
  entry.state = TaskState::kOffered;
  Keep(journal_.Put(std::move(entry)));
  return false;
}

bool TaskRunner::IsPaused(const std::string& id) const {
  return std::any_of(pauses_.begin(), pauses_.end(), [&](const Pause& pause) {
    return pause.id == id && clock_.Monotonic() < pause.until;
  });
}

void TaskRunner::PauseFor(const std::string& id, milliseconds shortest, milliseconds longest) {
  milliseconds length = shortest;
  for (const Pause& pause : pauses_)
    if (pause.id == id) length = std::min(std::max(pause.length * 2, shortest), longest);
  std::erase_if(pauses_, [&](const Pause& pause) {
    return pause.id == id || clock_.Monotonic() - pause.until > kPauseKept;
  });
  pauses_.push_back({.id = id, .until = clock_.Monotonic() + length, .length = length});
}

void TaskRunner::Resume(const std::string& id) {
  std::erase_if(pauses_, [&](const Pause& pause) { return pause.id == id; });
}

}  // namespace powernode::runtime

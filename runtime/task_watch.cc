#include "runtime/task_watch.h"

namespace powernode::runtime {

TaskWatch::TaskWatch(const enroll::TaskApi& api, enroll::TaskAttempt attempt, TaskClass task_class,
                     std::chrono::milliseconds period, Clock& clock, std::stop_token stop)
    : api_(api),
      attempt_(std::move(attempt)),
      task_class_(task_class),
      period_(period),
      clock_(clock),
      passed_on_(std::move(stop), PassOn{ended_}),
      thread_([this](std::stop_token end) { Run(std::move(end)); }) {}

void TaskWatch::Run(std::stop_token stop) {
  for (std::int64_t sequence = 1; clock_.Sleep(period_, stop); ++sequence) {
    const TaskFate fate = Ask(sequence, stop);
    if (fate == TaskFate::kOurs) continue;
    fate_ = fate;
    if (fate == TaskFate::kCancelled || task_class_ == TaskClass::kRepeat) ended_.request_stop();
    return;
  }
}

TaskFate TaskWatch::Ask(std::int64_t sequence, std::stop_token stop) {
  if (attempt_.lease_token.empty()) {
    const Result<enroll::Task> task = api_.Show(attempt_.task_id, std::move(stop));
    return task && task->status == enroll::TaskStatus::kOver ? TaskFate::kOver : TaskFate::kOurs;
  }
  const Result<bool> cancelled = api_.Progress(attempt_, sequence, std::move(stop));
  if (cancelled) return *cancelled ? TaskFate::kCancelled : TaskFate::kOurs;
  return cancelled.error().code() == "conflict" ? TaskFate::kLeaseLost : TaskFate::kOurs;
}

}  // namespace powernode::runtime

// Beside a task that is carried out: renews its lease, and hears of what ends it early: a wish to
// cancel it, a lost lease, or an end that the platform has decided. An older server is asked now
// and then what it says of the task. A thread of its own, which ends with the object.
#pragma once

#include <atomic>
#include <chrono>
#include <optional>
#include <stop_token>
#include <thread>

#include "agent/base/clock.h"
#include "enroll/task_api.h"
#include "runtime/task_command.h"

namespace powernode::runtime {

enum class TaskFate {
  kOurs,
  kCancelled,
  kLeaseLost,
  kOver  // completed, failed or cancelled behind our back
};

class TaskWatch {
 public:
  // `stop` is passed on. What may be repeated is stopped when it is not ours any more; what may not
  // runs to its end. All references outlive the object.
  TaskWatch(const enroll::TaskApi& api, enroll::TaskAttempt attempt, TaskClass task_class,
            std::chrono::milliseconds period, Clock& clock, std::stop_token stop);

  // For what carries the task out.
  std::stop_token stop() const { return ended_.get_token(); }
  TaskFate fate() const { return fate_; }

 private:
  void Run(std::stop_token stop);
  TaskFate Ask(std::int64_t sequence, std::stop_token stop);

  const enroll::TaskApi& api_;
  const enroll::TaskAttempt attempt_;
  const TaskClass task_class_;
  const std::chrono::milliseconds period_;
  Clock& clock_;
  std::atomic<TaskFate> fate_ = TaskFate::kOurs;
  struct PassOn {
    std::stop_source& to;
    void operator()() const { to.request_stop(); }
  };
  std::stop_source ended_;
  std::stop_callback<PassOn> passed_on_;
  std::jthread thread_;  // the last: it uses the others
};

}  // namespace powernode::runtime

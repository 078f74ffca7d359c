// Work that makes more work, for a fixed number of threads: the newest first, so that a tree is
// walked depth-first and little of it waits. It ends when nothing waits and nobody works, or with
// the first failure.
#pragma once

#include <condition_variable>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "agent/base/result.h"

namespace powernode::mount::composefs {

template <typename Task>
class TaskStack {
 public:
  void Push(Task task) {
    {
      const std::lock_guard lock(mutex_);
      waiting_.push_back(std::move(task));
    }
    changed_.notify_one();
  }

  // Waits for one; nullopt at the end. Who took one says so with Done.
  std::optional<Task> Take() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return failure_ || !waiting_.empty() || working_ == 0; });
    if (failure_ || waiting_.empty()) return std::nullopt;
    std::optional<Task> task = std::move(waiting_.back());
    waiting_.pop_back();
    ++working_;
    return task;
  }

  void Done(Status status) {
    {
      const std::lock_guard lock(mutex_);
      if (!status && !failure_) failure_ = std::move(status).error();
      if (--working_ > 0 && !failure_) return;
    }
    changed_.notify_all();
  }

  // After every thread's last Take.
  Status Outcome() const { return failure_ ? Status(*failure_) : Ok(); }

 private:
  std::mutex mutex_;  // guards what follows
  std::condition_variable changed_;
  std::vector<Task> waiting_;
  int working_ = 0;
  std::optional<Error> failure_;
};

}  // namespace powernode::mount::composefs

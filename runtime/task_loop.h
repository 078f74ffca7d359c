// Asks for tasks every 20 s ± 25 %, and at once when a heartbeat speaks of new ones.
#pragma once

#include <chrono>
#include <stop_token>

#include "runtime/shared_platform.h"
#include "runtime/task_runner.h"

namespace powernode::runtime {

class TaskLoop {
 public:
  // Both outlive the loop.
  TaskLoop(TaskRunner& runner, const SharedPlatform& platform)
      : runner_(runner), platform_(platform) {}

  std::chrono::milliseconds Tick(std::stop_token stop);

 private:
  TaskRunner& runner_;
  const SharedPlatform& platform_;
};

}  // namespace powernode::runtime

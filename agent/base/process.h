// Child processes, as a seam: a short, checked list of programs (systemctl) is all the agent ever
// starts, and none of them in the boot path. The child gets its own process group, a clean
// environment and no descriptor of ours; the group is killed when the child ends, at the deadline,
// and when the caller is told to stop: nothing that it started outlives it.
#pragma once

#include <chrono>
#include <stop_token>
#include <string>
#include <vector>

#include "agent/base/result.h"

namespace powernode {

struct ProcessOutcome {
  int exit_code = 0;       // 128 + signal when a signal ended it
  std::string output;      // stdout and stderr together, the last 64 KiB
  bool truncated = false;  // there was more
};

class ProcessRunner {
 public:
  virtual ~ProcessRunner() = default;
  // argv[0] is an absolute path. kNotFound when the program is missing, kUnavailable "timeout" and
  // "stopped".
  virtual Result<ProcessOutcome> Run(const std::vector<std::string>& argv,
                                     std::chrono::milliseconds deadline,
                                     std::stop_token stop = {}) = 0;
};

// Starts real processes; stateless and shared.
ProcessRunner& SystemProcessRunner();

}  // namespace powernode

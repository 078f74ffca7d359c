// The running service manager, through systemctl: one of the few programs the agent starts, and
// never in the boot path. A missing systemctl or a manager that does not run is named once, not
// retried.
#pragma once

#include <chrono>
#include <stop_token>
#include <string>
#include <vector>

#include "agent/base/process.h"
#include "agent/base/result.h"

namespace powernode::runtime {

struct UnitState {
  std::string name;
  std::string active;  // "active", "activating", "inactive", "failed"
  std::string sub;     // "running", "exited", ...
  unsigned restarts = 0;
  unsigned main_pid = 0;  // 0: it does not run
};

class Systemd {
 public:
  explicit Systemd(ProcessRunner& runner) : runner_(runner) {}

  static constexpr std::chrono::milliseconds kPatience{100'000};  // stopping may take a unit 90 s

  Status Reload();
  // All start, or the first problem; the others are started all the same.
  Status StartUnits(const std::vector<std::string>& units);
  Status RestartUnits(const std::vector<std::string>& units);
  Status StopUnits(const std::vector<std::string>& units);
  // `verb` is start, stop or restart.
  Status Act(const std::string& verb, const std::vector<std::string>& units,
             std::stop_token stop = {}, std::chrono::milliseconds patience = kPatience);
  // `how` is reboot or poweroff: an orderly end of the machine, begun when this returns.
  Status GoDown(const std::string& how);
  Result<std::vector<UnitState>> ShowUnits(const std::vector<std::string>& units);
  // "running", "degraded", "starting", ...
  Result<std::string> SystemState();

 private:
  ProcessRunner& runner_;
};

// The records of `systemctl show`, separated by empty lines.
std::vector<UnitState> ParseUnitStates(std::string_view output);

}  // namespace powernode::runtime

#include "runtime/health_gate.h"

namespace powernode::runtime {

GateVerdict HealthGate::Observe(std::chrono::seconds uptime, const std::string& problem) {
  last_problem_ = problem;
  if (!problem.empty()) {
    good_in_a_row_ = 0;
  } else if (uptime >= rules_.uptime_needed) {
    ++good_in_a_row_;
  }
  if (good_in_a_row_ >= rules_.probes_needed) passed_ = true;
  return passed_ ? GateVerdict::kPassed : GateVerdict::kWaiting;
}

}  // namespace powernode::runtime

// When a set of modules counts as good (node-files.md §10.4): so many good probes in a row, so far
// apart, not before the system has been up for a while. A pure state machine; who probes and how is
// the caller's.
#pragma once

#include <chrono>
#include <string>

namespace powernode::runtime {

struct GateRules {
  unsigned probes_needed;
  std::chrono::seconds uptime_needed;
};

enum class GateVerdict { kWaiting, kPassed };

class HealthGate {
 public:
  explicit HealthGate(GateRules rules) : rules_(rules) {}

  // One probe: `problem` is empty when it was good.
  GateVerdict Observe(std::chrono::seconds uptime, const std::string& problem);

  bool passed() const { return passed_; }
  unsigned good_in_a_row() const { return good_in_a_row_; }
  const std::string& last_problem() const { return last_problem_; }

 private:
  GateRules rules_;
  unsigned good_in_a_row_ = 0;
  bool passed_ = false;
  std::string last_problem_;
};

}  // namespace powernode::runtime

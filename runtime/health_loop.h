// Looks at what really runs: layers in the live root, units, free space; writes $R/status.json; and
// decides when this boot's set counts as good, which makes it the last known good one
// (node-files.md §10.3, §10.4).
#pragma once

#include <chrono>
#include <functional>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "agent/base/clock.h"
#include "agent/base/log.h"
#include "agent/base/paths.h"
#include "runtime/findings.h"
#include "runtime/health_gate.h"
#include "runtime/heartbeat_loop.h"
#include "runtime/live_settings.h"
#include "runtime/module_units.h"
#include "runtime/node_report.h"
#include "runtime/systemd.h"

namespace powernode::runtime {

class HealthLoop {
 public:
  // `on_change` is called when another set of modules is live than before.
  HealthLoop(const Paths& paths, LiveSettings settings, Systemd* systemd,
             const HeartbeatLoop& heartbeat, const SharedPlatform& platform, ReportBoard& board,
             Findings& findings, Clock& clock, Log& log, std::function<void()> on_change);

  std::chrono::milliseconds Tick(std::stop_token stop);

  // The hash of the running set while the gate has neither passed nor seen a problem; empty
  // otherwise. Not while a Tick runs.
  std::string Undecided() const;

 private:
  void ObserveModules();
  void ObserveServices();
  void ProbeCapabilities(const UnitFile& unit, const UnitState& state);
  void RaiseUnitFindings(const std::vector<UnitFinding>& now);
  void ObserveDisk();
  // Empty when everything is as it should be.
  std::string Problem() const;
  void JudgeGate();
  void WriteStatus();

  const Paths& paths_;
  LiveSettings settings_;
  Systemd* systemd_;
  const HeartbeatLoop& heartbeat_;
  const SharedPlatform& platform_;
  ReportBoard& board_;
  Findings& findings_;
  Clock& clock_;
  Log& log_;
  std::function<void()> on_change_;
  HealthGate gate_;
  std::vector<UnitFinding> unit_findings_;  // raised of units
  std::string judged_;                      // hash of the set the gate judges
  std::chrono::milliseconds judged_since_{};
  bool promoted_ = false;
};

}  // namespace powernode::runtime

// What the node's files and the mount table say of it, without asking anybody: what the service
// begins with, and what `status` shows when no service runs. Starts nothing and writes nothing but
// the name of a corrupt file that is set aside.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "agent/base/paths.h"
#include "runtime/findings.h"
#include "runtime/node_report.h"

namespace powernode::runtime {

// Without the live layers, which LookAtLayers adds; what cannot be read is a finding.
NodeReport FirstReport(const Paths& paths, Findings& findings);

// Fills in what the mount table proves.
Status LookAtLayers(const Paths& paths, NodeReport& report);

// The set that waits for the next boot, and how often sets without a verdict were tried.
struct TriedSets {
  std::optional<SetSummary> staged;
  unsigned staged_attempts = 0;
  unsigned running_attempts = 0;
};
TriedSets LookAtTriedSets(const Paths& paths, const NodeReport& report);
// Brings the report up to date with them, when it is not.
void ReportTriedSets(const Paths& paths, ReportBoard& board);

// One line of the log: which set runs, and from where.
void LogRunningSet(const Breadcrumb& running, Log& log);

// Does a service hold the agent's lock? nullopt: the kernel does not say.
std::optional<bool> ServiceRuns(const Paths& paths);

}  // namespace powernode::runtime

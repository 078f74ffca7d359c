// One heartbeat after another (node-api.md §8.1): every 30 s ± 10 % or as the platform asks; after
// a failure 5 s doubling to 120 s. Blocked by nothing but its own request.
#pragma once

#include <chrono>
#include <mutex>
#include <stop_token>

#include "agent/base/clock.h"
#include "agent/base/log.h"
#include "agent/base/paths.h"
#include "runtime/findings.h"
#include "runtime/node_report.h"
#include "runtime/shared_platform.h"

namespace powernode::runtime {

class HeartbeatLoop {
 public:
  HeartbeatLoop(const Paths& paths, std::chrono::milliseconds period,
                const SharedPlatform& platform, const ReportBoard& board, Findings& findings,
                Clock& clock, Log& log)
      : paths_(paths),
        period_(period),
        platform_(platform),
        board_(board),
        findings_(findings),
        clock_(clock),
        log_(log) {}

  // Sends one and returns the wait until the next.
  std::chrono::milliseconds Tick(std::stop_token stop);

  LastHeartbeat last() const;
  // The assignment revision the platform spoke of last; a new one is worth a reconcile at once.
  std::optional<std::int64_t> assignment_revision() const;

 private:
  std::chrono::milliseconds Failed(const Error& error);

  const Paths& paths_;
  std::chrono::milliseconds period_;
  const SharedPlatform& platform_;
  const ReportBoard& board_;
  Findings& findings_;
  Clock& clock_;
  Log& log_;
  std::chrono::seconds failure_wait_{5};
  mutable std::mutex mutex_;
  LastHeartbeat last_;
  std::optional<std::int64_t> assignment_revision_;
};

}  // namespace powernode::runtime

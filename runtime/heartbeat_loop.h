// One heartbeat after another (node-api.md §8.1): every 30 s ± 10 % or as the platform asks; after
// a failure 5 s doubling to 120 s, and in a long outage spread so far that a fleet that failed
// together does not come back together (TR-2). Blocked by nothing but its own request.
#pragma once

#include <atomic>
#include <chrono>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>

#include "agent/base/clock.h"
#include "agent/base/log.h"
#include "agent/base/paths.h"
#include "runtime/findings.h"
#include "runtime/node_report.h"
#include "runtime/shared_platform.h"

namespace powernode::runtime {

// What the other loops learn from it.
struct HeartbeatNews {
  std::chrono::milliseconds failing_since{0};       // monotonic; zero: the newest one was answered
  std::optional<Error> error;                       // of the newest attempt
  std::string proven_generation;                    // of the credentials that were answered last
  std::optional<std::int64_t> server_time;          // of that answer; seconds since 1970
  std::optional<std::int64_t> assignment_revision;  // a new one is worth a reconcile at once
  std::int64_t tasks_pending = 0;
  std::string renewal_wanted;  // serial of the certificate that the platform wants renewed now
};

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

  // From the next one on.
  void SetPeriod(std::chrono::milliseconds period) { period_ = period; }

  // Sends one and returns the wait until the next.
  std::chrono::milliseconds Tick(std::stop_token stop);

  LastHeartbeat last() const;
  HeartbeatNews news() const;

 private:
  std::chrono::milliseconds Failed(const Error& error);

  const Paths& paths_;
  std::atomic<std::chrono::milliseconds> period_;
  const SharedPlatform& platform_;
  const ReportBoard& board_;
  Findings& findings_;
  Clock& clock_;
  Log& log_;
  std::chrono::seconds failure_wait_{5};
  mutable std::mutex mutex_;
  LastHeartbeat last_;
  HeartbeatNews news_;
};

}  // namespace powernode::runtime

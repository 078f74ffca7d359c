// Keeps the node equal to what the platform assigns, once a minute and at once when it has joined
// or a heartbeat speaks of a new revision.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>

#include "agent/base/clock.h"
#include "agent/base/log.h"
#include "runtime/findings.h"
#include "runtime/live_settings.h"
#include "runtime/node_report.h"
#include "runtime/reconcile.h"
#include "runtime/shared_platform.h"

namespace powernode::runtime {

// What one round came to.
struct ReconcileRound {
  std::optional<Error> error;
  bool applied = false;
  bool pending_reboot = false;
  std::string composition;  // hash of what runs; empty: nothing
};

struct ReconcileCounts {
  std::uint64_t done = 0;
  std::uint64_t failed = 0;
  std::int64_t last_done = 0;  // seconds since 1970; 0: none yet
};

class ReconcileLoop {
 public:
  // `on_change` is called after the running set has changed.
  ReconcileLoop(const Paths& paths, LiveSettings settings, Reconciler& reconciler,
                const SharedPlatform& platform, ReportBoard& board, Findings& findings,
                Clock& clock, Log& log, std::function<void()> on_change)
      : paths_(paths),
        settings_(std::move(settings)),
        reconciler_(reconciler),
        platform_(platform),
        board_(board),
        findings_(findings),
        clock_(clock),
        log_(log),
        on_change_(std::move(on_change)) {}

  std::chrono::milliseconds Tick(std::stop_token stop);
  ReconcileCounts counts() const {
    return {.done = done_, .failed = failed_, .last_done = last_done_};
  }

  // Waits for the end of a round that begins after this call, which `wake` brings about; from
  // another thread. kUnavailable "timeout", "stopped".
  Result<ReconcileRound> Await(const std::function<void()>& wake,
                               std::chrono::milliseconds patience, std::stop_token stop);

 private:
  void Begin();
  void End(ReconcileRound round);
  void Publish(const ReconcileOutcome& outcome);
  void RunFallback(std::stop_token stop);
  void TellFailure(const Error& error);
  void TellChange(const ReconcileOutcome& outcome);
  void SayNotes(const std::vector<Error>& notes);
  void ForgetWhatIsGone();

  const Paths& paths_;
  LiveSettings settings_;
  Reconciler& reconciler_;
  const SharedPlatform& platform_;
  ReportBoard& board_;
  Findings& findings_;
  Clock& clock_;
  Log& log_;
  std::function<void()> on_change_;
  std::atomic<std::uint64_t> done_ = 0;
  std::atomic<std::uint64_t> failed_ = 0;
  std::atomic<std::int64_t> last_done_ = 0;
  std::string told_;  // of the failure that the platform was told of last
  std::mutex mutex_;  // guards what follows
  std::condition_variable_any ended_;
  std::uint64_t rounds_begun_ = 0;
  std::uint64_t rounds_ended_ = 0;  // the number of the newest one that has ended
  ReconcileRound newest_;
};

}  // namespace powernode::runtime

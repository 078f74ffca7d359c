// Joins the node if need be and then keeps it equal to what the platform assigns, once a minute and
// at once when a heartbeat speaks of a new revision.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <stop_token>

#include "agent/base/clock.h"
#include "agent/base/log.h"
#include "runtime/findings.h"
#include "runtime/join.h"
#include "runtime/node_report.h"
#include "runtime/reconcile.h"
#include "runtime/shared_platform.h"

namespace powernode::runtime {

class ReconcileLoop {
 public:
  // `on_change` is called after the node has joined and after the running set has changed.
  ReconcileLoop(const Paths& paths, const Settings& settings, Reconciler& reconciler,
                SharedPlatform& platform, ReportBoard& board, Findings& findings, Clock& clock,
                Log& log, std::function<void()> on_change)
      : paths_(paths),
        settings_(settings),
        reconciler_(reconciler),
        platform_(platform),
        board_(board),
        findings_(findings),
        clock_(clock),
        log_(log),
        on_change_(std::move(on_change)) {}

  std::chrono::milliseconds Tick(std::stop_token stop);

 private:
  // The wait until the next try when the node has not joined; zero when it has.
  std::chrono::milliseconds EnsureJoined(std::stop_token stop);
  void Publish(const ReconcileOutcome& outcome);
  void RunFallback(std::stop_token stop);
  void SaveUnsaved(JoinedPlatform& platform);
  void MarkProven(JoinedPlatform& platform);

  const Paths& paths_;
  const Settings& settings_;
  Reconciler& reconciler_;
  SharedPlatform& platform_;
  ReportBoard& board_;
  Findings& findings_;
  Clock& clock_;
  Log& log_;
  std::function<void()> on_change_;
  JoinPace pace_;
  enroll::CredentialsPtr unsaved_;  // in memory only so far
  std::string proven_;              // the generation that is marked
};

}  // namespace powernode::runtime

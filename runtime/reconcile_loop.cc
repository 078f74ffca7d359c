#include "runtime/reconcile_loop.h"

#include <algorithm>

#include "agent/base/backoff.h"
#include "enroll/pki_store.h"
#include "runtime/store_room.h"

namespace powernode::runtime {

std::chrono::milliseconds ReconcileLoop::Tick(std::stop_token stop) {
  const std::chrono::milliseconds join_wait = EnsureJoined(stop);
  if (join_wait.count() > 0) {
    if (!stop.stop_requested()) RunFallback(stop);
    return join_wait;
  }
  const std::shared_ptr<JoinedPlatform> platform = platform_.Get();
  const std::chrono::milliseconds period =
      std::max(Jittered(settings_.reconcile_interval, 0.1),
               platform->session.AskedToWait(enroll::LaneName::kControl));
  SaveUnsaved(*platform);
  Result<ReconcileOutcome> outcome = reconciler_.Run(platform->session, Apply::kYes, stop);
  if (stop.stop_requested()) return period;
  if (!outcome) {
    findings_.Raise(Severity::kHigh, "reconcile", outcome.error());
    RunFallback(stop);
    return period;
  }
  findings_.ClearSubject("reconcile");
  if (outcome->policy_problem)
    findings_.Raise(Severity::kHigh, "trust-policy", *outcome->policy_problem);
  else
    findings_.ClearSubject("trust-policy");
  if (outcome->store_problem)
    findings_.Raise(Severity::kMedium, "store", *outcome->store_problem);
  else
    findings_.ClearSubject("store");
  if (!outcome->collected.removable.empty()) log_.Info("store", CollectedText(outcome->collected));
  MarkProven(*platform);
  for (const PlanStep& step : outcome->plan)
    log_.Info("reconcile",
              std::string(StepKindName(step.kind)) + " " + step.name + " " + step.detail,
              {{"module", step.id}});
  if (outcome->pending_reboot)
    findings_.Raise("pending_reboot", Severity::kLow, "node",
                    "another set is assigned and stored here; it is composed at the next boot");
  else
    findings_.Clear("pending_reboot", "node");
  Publish(*outcome);
  return period;
}

std::chrono::milliseconds ReconcileLoop::EnsureJoined(std::stop_token stop) {
  if (platform_.Get()) return std::chrono::milliseconds(0);
  const PersistState persist = board_.Get()->persist;
  JoinAttempt attempt =
      JoinOnce({.paths = paths_, .persist = persist, .given = std::nullopt}, clock_, stop);
  if (!attempt.outcome) {
    const std::chrono::milliseconds wait =
        std::max(std::chrono::milliseconds(500), pace_.Next(attempt));
    findings_.Raise(Severity::kHigh, attempt.stage, attempt.outcome.error());
    return wait;
  }
  findings_.ClearSubject("identity");
  findings_.ClearSubject("enroll");
  for (const Error& finding : attempt.outcome->findings)
    findings_.Raise(Severity::kMedium, "pki", finding);
  const enroll::Credentials& credentials = *attempt.outcome->credentials;
  log_.Info("identity", credentials.instance_id + " from " + attempt.outcome->source +
                            (attempt.outcome->by == JoinedBy::kEnrolled ? ", enrolled now"
                                                                        : ", enrolled before"));
  if (!attempt.outcome->saved) unsaved_ = attempt.outcome->credentials;
  platform_.Set(std::make_shared<JoinedPlatform>(attempt.outcome->credentials, clock_));
  on_change_();
  return std::chrono::milliseconds(0);
}

// A certificate that could not be written is good all the same, and is written as soon as that
// works (W3).
void ReconcileLoop::SaveUnsaved(JoinedPlatform& platform) {
  if (!unsaved_) return;
  Result<enroll::CredentialsPtr> saved = enroll::PkiStore(paths_.pki).Save(*unsaved_, "enroll");
  if (!saved) return;  // the finding pki_not_durable stands
  unsaved_ = nullptr;
  findings_.ClearSubject("pki");
  platform.session.Replace(*std::move(saved));
}

void ReconcileLoop::RunFallback(std::stop_token stop) {
  if (board_.Get()->breadcrumb) return;  // something runs: it stays
  Result<ReconcileOutcome> outcome = reconciler_.FallBack(stop);
  if (!outcome) return;  // the first error has been raised; there is nothing better here
  log_.Info("reconcile", "runs the last known good set until the platform answers");
  Publish(*outcome);
}

void ReconcileLoop::MarkProven(JoinedPlatform& platform) {
  const std::string generation = platform.session.credentials()->generation;
  if (generation.empty() || generation == proven_) return;
  if (enroll::PkiStore(paths_.pki).MarkProven(generation)) proven_ = generation;
}

void ReconcileLoop::Publish(const ReconcileOutcome& outcome) {
  board_.Update([&](NodeReport& report) {
    report.pending_reboot = outcome.pending_reboot;
    if (outcome.running) report.breadcrumb = outcome.running;
  });
  if (outcome.applied) on_change_();
}

}  // namespace powernode::runtime

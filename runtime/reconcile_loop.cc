#include "runtime/reconcile_loop.h"

#include <algorithm>

#include "agent/base/backoff.h"
#include "runtime/event_spool.h"
#include "runtime/first_report.h"
#include "runtime/message_ids.h"
#include "runtime/store_room.h"

namespace powernode::runtime {
namespace {

constexpr std::chrono::milliseconds kUntilTried{200};
constexpr std::chrono::milliseconds kUntilJoined{60'000};

std::string ExchangeText(std::chrono::nanoseconds gap) {
  if (gap == gap.zero()) return "the union was changed without a gap";
  return "the union was absent for " + std::to_string(gap.count() / 1000 + 1) +
         " us (from Linux 6.5 on there is no gap)";
}

// What a failure is to the platform; empty: what it need not be told, being only out of reach.
std::string_view EventKind(const Error& error) {
  switch (error.kind()) {
    case ErrorKind::kRefuted:
    case ErrorKind::kRefused:
    case ErrorKind::kUnsupported:
      return "module.refused";
    case ErrorKind::kInvalid:
    case ErrorKind::kNoSpace:
    case ErrorKind::kSystem:
      return "compose.failed";
    case ErrorKind::kNotFound:
    case ErrorKind::kUnavailable:
    case ErrorKind::kDenied:
    case ErrorKind::kCannotTell:
    case ErrorKind::kBusy:
      return "";
  }
  return "";
}

}  // namespace

std::chrono::milliseconds ReconcileLoop::Tick(std::stop_token stop) {
  const std::shared_ptr<JoinedPlatform> platform = platform_.Get();
  if (!platform) {
    if (!platform_.tried()) return kUntilTried;
    if (!stop.stop_requested()) RunFallback(stop);
    return kUntilJoined;  // and woken when the node has joined
  }
  std::chrono::milliseconds period =
      std::max(Jittered(settings_->reconcile_interval, 0.1),
               platform->session.AskedToWait(enroll::LaneName::kControl));
  if (platform->session.IsRejected()) period = std::max(period, enroll::kRejectedPeriod);
  Begin();
  Result<ReconcileOutcome> outcome = reconciler_.Run(platform->session, Apply::kYes, stop);
  if (!outcome && stop.stop_requested()) return period;
  if (!outcome) {
    ++failed_;
    const bool refused = EventKind(outcome.error()) == "module.refused";
    findings_.Raise(Severity::kHigh, "reconcile", outcome.error(),
                    refused ? kModuleRefused : kFindingRaised);
    if (outcome.error().code() == "empty_assignment") ForgetWhatIsGone();
    TellFailure(outcome.error());
    RunFallback(stop);
    End({.error = outcome.error(), .composition = {}});
    return period;
  }
  ++done_;
  last_done_ = clock_.UnixSeconds();
  findings_.ClearSubject("reconcile");
  told_.clear();
  SayNotes(outcome->notes);
  if (outcome->policy_problem)
    findings_.Raise(Severity::kHigh, "trust-policy", *outcome->policy_problem);
  else
    findings_.ClearSubject("trust-policy");
  if (outcome->store_problem)
    findings_.Raise(Severity::kMedium, "store", *outcome->store_problem);
  else
    findings_.ClearSubject("store");
  if (!outcome->collected.removable.empty()) log_.Info("store", CollectedText(outcome->collected));
  for (const PlanStep& step : outcome->plan)
    log_.Info("reconcile",
              std::string(StepKindName(step.kind)) + " " + step.name + " " + step.detail,
              {{"module", step.id}});
  if (outcome->applied) log_.Info("reconcile", ExchangeText(outcome->gap));
  if (outcome->left_over.unions > 0)
    findings_.Raise(
        "former_union_in_use", Severity::kLow, "modules",
        std::to_string(outcome->left_over.unions) +
            " replaced unions stay mounted because processes work in them; `fuser -vm " +
            paths_.scratch + "*/union` names them");
  else
    findings_.Clear("former_union_in_use", "modules");
  if (outcome->pending_reboot)
    findings_.Raise("pending_reboot", Severity::kLow, "node",
                    "another set is assigned and stored here; it is composed at the next boot");
  else
    findings_.Clear("pending_reboot", "node");
  Publish(*outcome);
  TellChange(*outcome);
  ReconcileRound round{.error = {},
                       .applied = outcome->applied,
                       .pending_reboot = outcome->pending_reboot,
                       .composition = {}};
  if (outcome->running) round.composition = CompositionHash(outcome->running->composition.modules);
  End(std::move(round));
  return period;
}

void ReconcileLoop::Begin() {
  const std::scoped_lock lock(mutex_);
  ++rounds_begun_;
}

void ReconcileLoop::End(ReconcileRound round) {
  {
    const std::scoped_lock lock(mutex_);
    rounds_ended_ = rounds_begun_;
    newest_ = std::move(round);
  }
  ended_.notify_all();
}

Result<ReconcileRound> ReconcileLoop::Await(const std::function<void()>& wake,
                                            std::chrono::milliseconds patience,
                                            std::stop_token stop) {
  std::unique_lock lock(mutex_);
  const std::uint64_t wanted = rounds_begun_ + 1;
  lock.unlock();
  wake();
  lock.lock();
  if (ended_.wait_for(lock, stop, patience, [&] { return rounds_ended_ >= wanted; }))
    return newest_;
  if (stop.stop_requested())
    return Error(ErrorKind::kUnavailable, "stopped", "stopped while waiting for a reconcile");
  return Error(ErrorKind::kUnavailable, "timeout",
               "the reconcile has not ended within " + std::to_string(patience.count() / 1000) +
                   " s; it goes on");
}

// Once for each failure, however often it comes again.
void ReconcileLoop::TellFailure(const Error& error) {
  const std::string_view kind = EventKind(error);
  if (kind.empty() || told_ == error.message()) return;
  told_ = error.message();
  (void)SpoolEvent(paths_,
                   {.kind = kind,
                    .severity = Severity::kHigh,
                    .payload = {{"code", error.code()}, {"detail", error.message()}}},
                   clock_.UnixSeconds());
}

void ReconcileLoop::TellChange(const ReconcileOutcome& outcome) {
  if (!outcome.applied) return;
  for (const PlanStep& step : outcome.plan)
    (void)SpoolEvent(
        paths_,
        {.kind = step.kind == StepKind::kRemove ? "module.detached" : "module.attached",
         .payload = {{"module_id", step.id}, {"step", StepKindName(step.kind)}}},
        clock_.UnixSeconds());
}

void ReconcileLoop::SayNotes(const std::vector<Error>& notes) {
  for (const char* code : {"unsigned_list_differs", "manifest_from_cache", "assignment_rejected"}) {
    const auto found = std::find_if(notes.begin(), notes.end(),
                                    [&](const Error& note) { return note.code() == code; });
    if (found == notes.end())
      findings_.Clear(code, "assignment");
    else
      findings_.Raise(Severity::kMedium, "assignment", *found);
  }
}

// An operator may have taken everything away with `update --allow-empty`.
void ReconcileLoop::ForgetWhatIsGone() {
  if (const auto running = RunningSet(paths_); running && !*running)
    board_.Update([](NodeReport& report) { report.breadcrumb.reset(); });
}

void ReconcileLoop::RunFallback(std::stop_token stop) {
  if (board_.Get()->breadcrumb) return;  // something runs: it stays
  Result<ReconcileOutcome> outcome = reconciler_.FallBack(stop);
  if (!outcome) return;  // the first error has been raised; there is nothing better here
  log_.Info("reconcile", "runs the last known good set until the platform answers");
  Publish(*outcome);
}

void ReconcileLoop::Publish(const ReconcileOutcome& outcome) {
  board_.Update([&](NodeReport& report) {
    report.pending_reboot = outcome.pending_reboot;
    if (outcome.running || outcome.applied) report.breadcrumb = outcome.running;
  });
  ReportTriedSets(paths_, board_);
  if (!outcome.applied) return;
  if (outcome.running) LogRunningSet(*outcome.running, log_);
  on_change_();
}

}  // namespace powernode::runtime

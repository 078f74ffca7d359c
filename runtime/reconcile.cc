#include "runtime/reconcile.h"

#include <algorithm>
#include <span>

#include "runtime/last_known_good.h"
#include "runtime/node_policy.h"
#include "runtime/persist.h"
#include "runtime/staged_set.h"
#include "runtime/store_room.h"

namespace powernode::runtime {
namespace {

constexpr std::chrono::milliseconds kShrinkConfirmation{30'000};
constexpr std::chrono::milliseconds kFirstBusyWait{5 * 60'000};
constexpr std::chrono::milliseconds kLongestBusyWait{60 * 60'000};
constexpr std::chrono::milliseconds kCollectEvery{24 * 3'600'000};

}  // namespace

Result<std::optional<Breadcrumb>> RunningSet(const Paths& paths) {
  ASSIGN_OR_RETURN(std::optional<Breadcrumb> breadcrumb, ReadBreadcrumb(paths));
  if (breadcrumb && breadcrumb->mode == NodeMode::kPivot) return breadcrumb;
  return RunningUnion(paths);
}

Status Reconciler::ConfirmRemovals(const std::optional<Breadcrumb>& running,
                                   const Assignment& wanted) {
  const std::vector<std::string> gone =
      running ? UnannouncedRemovals(running->composition, wanted) : std::vector<std::string>();
  if (gone.empty()) {
    shrink_hash_.clear();
    return Ok();
  }
  const std::string hash = CompositionHash(wanted.composition.modules);
  if (hash != shrink_hash_) {
    shrink_hash_ = hash;
    shrink_seen_ = clock_.Monotonic();
  } else if (clock_.Monotonic() - shrink_seen_ >= kShrinkConfirmation) {
    return Ok();
  }
  return Error(
      ErrorKind::kCannotTell, "unconfirmed_shrink",
      "the assigned set lacks " + gone.front() +
          " and the platform does not say it was removed: kept until the same answer comes again "
          "thirty seconds later");
}

Status Reconciler::CheckBusy(const Composition& wanted) const {
  if (!busy_ || busy_->hash != CompositionHash(wanted.modules) ||
      clock_.Monotonic() >= busy_->until)
    return Ok();
  return Error(ErrorKind::kSystem, std::string(kMountInUse), busy_->message);
}

void Reconciler::NoteBusy(const Composition& wanted, const Error& error) {
  const std::string hash = CompositionHash(wanted.modules);
  const bool again = busy_ && busy_->hash == hash;
  const std::chrono::milliseconds wait =
      again ? std::min(busy_->wait * 2, kLongestBusyWait) : kFirstBusyWait;
  busy_ = Busy{.hash = hash,
               .message = error.message() + "; the next attempt is at least " +
                          std::to_string(wait.count() / 60'000) + " min away",
               .until = clock_.Monotonic() + wait,
               .wait = wait};
}

Result<std::optional<mount::StoreLease>> Reconciler::LeaseStore(const Composition& wanted,
                                                                ReconcileOutcome& outcome) {
  const std::chrono::milliseconds now = clock_.Monotonic();
  if (outcome.plan.empty() && collected_at_ && now - *collected_at_ < kCollectEvery) {
    outcome.store_problem = store_problem_;
    return std::optional<mount::StoreLease>();
  }
  const StoreLimits limits{
      .floor_mib = CacheFloorMib(settings_.cache_floor_mib, ObservePersist(paths_)),
      .budget_mib = settings_.cache_budget_mib};
  ASSIGN_OR_RETURN(StoreRoom room,
                   MakeRoom({.paths = paths_,
                             .wanted = std::span(&wanted, 1),
                             .limits = no_space_ ? std::nullopt : std::optional(limits)},
                            "reconcile", clock_.UnixSeconds()));
  collected_at_ = now;
  outcome.collected = std::move(room.collected);
  outcome.store_problem = store_problem_ = std::move(room.problem);
  return std::optional(std::move(room.lease));
}

Result<ReconcileOutcome> Reconciler::Run(enroll::Session& session, Apply apply,
                                         std::stop_token stop) {
  enroll::NodeApi api(session);
  ASSIGN_OR_RETURN(std::optional<Breadcrumb> running, RunningSet(paths_));
  ASSIGN_OR_RETURN(Assignment wanted,
                   FetchAssignment(api, enroll::kGetRetries, clock_.UnixSeconds(), stop));
  RETURN_IF_ERROR(ConfirmRemovals(running, wanted));
  if (running && wanted.composition.revision < running->composition.revision)
    return Error(ErrorKind::kRefused, "revision_rollback",
                 "the platform's assignment is revision " +
                     std::to_string(wanted.composition.revision) + ", this node runs " +
                     std::to_string(running->composition.revision));
  std::optional<Error> policy_problem;
  if (apply == Apply::kYes)
    if (Status fresh =
            RefreshTrustPolicy(paths_, api, clock_.UnixSeconds(), enroll::kGetRetries, stop);
        !fresh)
      policy_problem = std::move(fresh).error();
  Result<ReconcileOutcome> outcome =
      Change(&session, std::move(wanted.composition), std::move(running), apply, stop);
  no_space_ = !outcome && outcome.error().kind() == ErrorKind::kNoSpace;
  if (outcome) outcome->policy_problem = std::move(policy_problem);
  return outcome;
}

Result<ReconcileOutcome> Reconciler::RunTowards(enroll::Session& session, Composition wanted,
                                                Apply apply, std::stop_token stop) {
  ASSIGN_OR_RETURN(std::optional<Breadcrumb> running, RunningSet(paths_));
  if (running && running->mode == NodeMode::kPivot)
    return Error(ErrorKind::kRefused, "not_in_pivot_mode",
                 "the modules are this node's root: assign them at the platform and reboot");
  return Change(&session, std::move(wanted), std::move(running), apply, stop);
}

Result<ReconcileOutcome> Reconciler::FallBack(std::stop_token stop) {
  ASSIGN_OR_RETURN(std::optional<Breadcrumb> running, RunningSet(paths_));
  if (running) return ReconcileOutcome{.plan = {}, .running = std::move(running)};
  ASSIGN_OR_RETURN(std::optional<LastKnownGood> good, LoadLastKnownGood(paths_));
  if (!good || !settings_.last_known_good)
    return Error(ErrorKind::kNotFound, "no_lkg", "this node has no last known good set yet");
  return Change(nullptr, std::move(good->composition), std::nullopt, Apply::kYes, stop);
}

Result<ReconcileOutcome> Reconciler::Change(enroll::Session* session, Composition wanted,
                                            std::optional<Breadcrumb> running, Apply apply,
                                            std::stop_token stop) {
  ReconcileOutcome outcome;
  outcome.plan =
      PlanReconcile(running ? std::optional(running->composition) : std::nullopt, wanted);
  const bool pivot = running && running->mode == NodeMode::kPivot;
  outcome.running = std::move(running);
  if (apply == Apply::kDryRun) return outcome;
  ASSIGN_OR_RETURN(const std::optional<mount::StoreLease> lease, LeaseStore(wanted, outcome));
  if (outcome.plan.empty()) {
    if (Status dropped = Unstage(paths_); !dropped) outcome.store_problem = dropped.error();
    return outcome;
  }

  ModuleSupply supply(paths_, LoadNodePolicy(paths_, settings_, clock_.UnixSeconds()).policy,
                      CacheFloorMib(settings_.cache_floor_mib, ObservePersist(paths_)), session,
                      clock_, observers_);
  RETURN_IF_ERROR(supply.Prepare());
  const Network network = session != nullptr ? Network::kUse : Network::kForbid;
  if (pivot) {
    ASSIGN_OR_RETURN(const std::vector<mount::LayerRequest> proven,
                     ProveModules(wanted, supply, network, stop, [](const ModuleProven&) {}));
    if (Status staged = Stage(paths_, wanted, clock_.UnixSeconds()); !staged)
      outcome.store_problem = staged.error();
    outcome.pending_reboot = true;
    outcome.supplied = supply.supplied();
    return outcome;
  }
  const HostUnionContext context{.paths = paths_,
                                 .features = features_,
                                 .supply = supply,
                                 .systemd = systemd_,
                                 .scratch_mib = settings_.scratch_mib,
                                 .clock = clock_};
  RETURN_IF_ERROR(CheckBusy(wanted));
  Result<Breadcrumb> applied = ApplyHostUnion(context, wanted, network, stop);
  if (!applied && applied.error().code() == kMountInUse) NoteBusy(wanted, applied.error());
  if (!applied) return std::move(applied).error();
  busy_.reset();
  outcome.running = *std::move(applied);
  outcome.applied = true;
  outcome.supplied = supply.supplied();
  return outcome;
}

}  // namespace powernode::runtime

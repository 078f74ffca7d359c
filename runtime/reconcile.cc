#include "runtime/reconcile.h"

#include <malloc.h>

#include <algorithm>
#include <span>

#include "agent/base/random.h"
#include "agent/base/syscalls.h"
#include "mount/blob_store.h"
#include "mount/mount_table.h"
#include "runtime/attempts.h"
#include "runtime/last_known_good.h"
#include "runtime/live_modules.h"
#include "runtime/module_units.h"
#include "runtime/node_policy.h"
#include "runtime/persist.h"
#include "runtime/remove_union.h"
#include "runtime/staged_set.h"
#include "runtime/state_files.h"
#include "runtime/store_room.h"
#include "runtime/unit_watch.h"

namespace powernode::runtime {
namespace {

constexpr std::chrono::milliseconds kShrinkConfirmation{30'000};
constexpr std::chrono::milliseconds kCollectEvery{24 * 3'600'000};

bool IsLastKnownGood(const Paths& paths, const std::string& hash) {
  const Result<std::optional<LastKnownGood>> good = LoadLastKnownGood(paths);
  return good && *good && CompositionHash((*good)->composition.modules) == hash;
}

// It may be the modules': then a new record is for the next boot to write.
bool RootIsOverlay() {
  const Result<mount::MountTable> table = mount::MountTable::Read();
  if (!table) return true;
  const mount::MountEntry* root = table->FindAt("/");
  return root == nullptr || root->fs_type == "overlay";
}

// Whole answers, sets and images have been in memory: what is free of it goes back to the kernel,
// so that a service of months is as small as one of an hour.
struct TrimHeap {
  TrimHeap() = default;
  TrimHeap(const TrimHeap&) = delete;
  TrimHeap& operator=(const TrimHeap&) = delete;
  ~TrimHeap() { ::malloc_trim(0); }
};

}  // namespace

Result<std::optional<Breadcrumb>> RunningSet(const Paths& paths) {
  Result<std::optional<Breadcrumb>> read = ReadBreadcrumb(paths);
  if (!read && read.error().code() == "state_corrupt" && !RootIsOverlay()) {
    RETURN_IF_ERROR(SetAside(BreadcrumbFile(paths)));  // the union is composed anew
    return std::optional<Breadcrumb>();
  }
  ASSIGN_OR_RETURN(std::optional<Breadcrumb> breadcrumb, std::move(read));
  if (breadcrumb && breadcrumb->mode == NodeMode::kPivot) return breadcrumb;
  return RunningUnion(paths);
}

Status Reconciler::ConfirmRemovals(const std::optional<Composition>& present,
                                   const Assignment& wanted) {
  const std::vector<std::string> gone =
      present ? UnannouncedRemovals(*present, wanted) : std::vector<std::string>();
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

std::int64_t Reconciler::AcceptedRevision(const std::optional<Composition>& present) const {
  std::int64_t accepted = present ? present->revision : 0;
  if (const auto staged = StagedSet(paths_); staged && *staged)
    accepted = std::max(accepted, (*staged)->revision);
  return accepted;
}

Result<std::optional<mount::StoreLease>> Reconciler::LeaseStore(const Composition& wanted,
                                                                ReconcileOutcome& outcome) {
  const std::chrono::milliseconds now = clock_.Monotonic();
  if (outcome.actions.empty() && collected_at_ && now - *collected_at_ < kCollectEvery) {
    outcome.store_problem = store_problem_;
    return std::optional<mount::StoreLease>();
  }
  const StoreLimits limits{
      .floor_mib = CacheFloorMib(settings_->cache_floor_mib, ObservePersist(paths_)),
      .budget_mib = settings_->cache_budget_mib};
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

Result<Assignment> Reconciler::Ask(enroll::Session& session, const Composition* present,
                                   EmptyList empty, std::stop_token stop) {
  enroll::NodeApi api(session);
  const std::shared_ptr<const Settings> settings = settings_.Get();
  Result<Assignment> wanted = FetchAssignment({.api = api,
                                               .paths = paths_,
                                               .settings = *settings,
                                               .instance_id = session.credentials()->instance_id,
                                               .present = present,
                                               .empty = empty,
                                               .retries = enroll::kGetRetries,
                                               .now_unix = clock_.UnixSeconds()},
                                              std::move(stop));
  if (!wanted) shrink_hash_.clear();  // the two answers that confirm each other are consecutive
  return wanted;
}

Result<ReconcileOutcome> Reconciler::Run(enroll::Session& session, Apply apply,
                                         std::stop_token stop, EmptyList empty) {
  const TrimHeap at_the_end;
  ASSIGN_OR_RETURN(std::optional<Breadcrumb> running, RunningSet(paths_));
  std::optional<Composition> present;
  if (running)
    present = running->composition;
  else if (const auto good = ReadLastKnownGood(LastKnownGoodFile(paths_).path); good && *good)
    present = (*good)->composition;
  ASSIGN_OR_RETURN(Assignment wanted, Ask(session, present ? &*present : nullptr, empty, stop));
  const bool nothing = wanted.composition.modules.empty();
  if (!nothing || wanted.signature) RETURN_IF_ERROR(ConfirmRemovals(present, wanted));
  RETURN_IF_ERROR(RequireRevision(wanted, AcceptedRevision(present)));
  std::optional<Error> policy_problem;
  Status kept = Ok();
  if (apply == Apply::kYes) {
    kept = KeepAccepted(wanted);
    enroll::NodeApi api(session);
    if (Status fresh =
            RefreshTrustPolicy(paths_, api, clock_.UnixSeconds(), enroll::kGetRetries, stop);
        !fresh)
      policy_problem = std::move(fresh).error();
  }
  Result<ReconcileOutcome> outcome =
      nothing ? RemoveAll(std::move(running), apply)
              : Change(&session, std::move(wanted.composition), std::move(running), apply, stop);
  no_space_ = !outcome && outcome.error().kind() == ErrorKind::kNoSpace;
  if (!outcome) return outcome;
  outcome->policy_problem = std::move(policy_problem);
  outcome->notes = std::move(wanted.notes);
  if (!kept && !outcome->store_problem) outcome->store_problem = std::move(kept).error();
  return outcome;
}

// Once a set: most answers say what the last one said.
Status Reconciler::KeepAccepted(const Assignment& wanted) {
  std::string hash = CompositionHash(wanted.composition.modules);
  if (wanted.signature) hash += wanted.signature->payload_sha256;
  if (hash == accepted_) return Ok();
  RETURN_IF_ERROR(AcceptAssignment(paths_, wanted, clock_.UnixSeconds()));
  accepted_ = std::move(hash);
  return Ok();
}

Result<ReconcileOutcome> Reconciler::RemoveAll(std::optional<Breadcrumb> running, Apply apply) {
  if (running && running->mode == NodeMode::kPivot)
    return Error(ErrorKind::kRefused, "empty_assignment",
                 "no module is assigned, and the modules are this node's root: it keeps them");
  ReconcileOutcome outcome;
  outcome.plan = PlanReconcile(running ? std::optional(running->composition) : std::nullopt, {});
  outcome.running = std::move(running);
  if (outcome.running) {
    ASSIGN_OR_RETURN(outcome.actions, Plan({}, outcome.running));
  }
  if (apply == Apply::kDryRun) return outcome;
  if (outcome.running) {
    RETURN_IF_ERROR(RemoveUnion(paths_, systemd_));
    RETURN_IF_ERROR(Unlink(BreadcrumbFile(paths_).path));
    outcome.running.reset();
    outcome.applied = true;
  }
  RETURN_IF_ERROR(Unstage(paths_));
  RETURN_IF_ERROR(ForgetLastKnownGood(paths_));
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
  if (!good || !settings_->last_known_good || LastKnownGoodDisabled(paths_))
    return Error(ErrorKind::kNotFound, "no_lkg", "this node has no last known good set yet");
  return Change(nullptr, std::move(good->composition), std::nullopt, Apply::kYes, stop);
}

// The last known good set needs no record of its own, and no other one may stand before it.
Status Reconciler::StageNext(const Composition& wanted) const {
  return IsLastKnownGood(paths_, CompositionHash(wanted.modules))
             ? Unstage(paths_)
             : Stage(paths_, wanted, clock_.UnixSeconds());
}

Result<ReconcileOutcome> Reconciler::Change(enroll::Session* session, Composition wanted,
                                            std::optional<Breadcrumb> running, Apply apply,
                                            std::stop_token stop) {
  ReconcileOutcome outcome;
  outcome.plan =
      PlanReconcile(running ? std::optional(running->composition) : std::nullopt, wanted);
  const bool pivot = running && running->mode == NodeMode::kPivot;
  outcome.running = std::move(running);
  ASSIGN_OR_RETURN(outcome.actions, Plan(wanted, outcome.running));
  if (apply == Apply::kDryRun) return outcome;
  ASSIGN_OR_RETURN(const std::optional<mount::StoreLease> lease, LeaseStore(wanted, outcome));
  if (outcome.plan.empty()) {
    if (outcome.running && !pivot)
      if (const Result<mount::Leftovers> left = mount::ReleaseFormerUnions(paths_); left)
        outcome.left_over = *left;
    if (Status dropped = Unstage(paths_); !dropped) outcome.store_problem = dropped.error();
    return outcome;
  }
  if (outcome.actions.empty() && pivot) {  // it is staged, and was proven then
    outcome.pending_reboot = true;
    return outcome;
  }

  const std::shared_ptr<const Settings> settings = settings_.Get();
  ModuleSupply supply(paths_, LoadNodePolicy(paths_, *settings, clock_.UnixSeconds()).policy,
                      CacheFloorMib(settings->cache_floor_mib, ObservePersist(paths_)), session,
                      clock_, observers_);
  RETURN_IF_ERROR(supply.Prepare());
  const Network network = session != nullptr ? Network::kUse : Network::kForbid;
  if (pivot) {
    const std::string hash = CompositionHash(wanted.modules);
    if (!IsLastKnownGood(paths_, hash))
      RETURN_IF_ERROR(RequireAttemptLeft(LoadAttempts(paths_), hash));
    ASSIGN_OR_RETURN(const std::vector<mount::LayerRequest> proven,
                     ProveModules(wanted, supply, network, stop, [](const ModuleProven&) {}));
    if (Status staged = StageNext(wanted); !staged) outcome.store_problem = staged.error();
    outcome.pending_reboot = true;
    outcome.supplied = supply.supplied();
    return outcome;
  }
  const HostUnionContext context{.paths = paths_,
                                 .features = features_,
                                 .supply = supply,
                                 .systemd = systemd_,
                                 .scratch_mib = settings->scratch_mib,
                                 .clock = clock_,
                                 .verify = settings->verify};
  ASSIGN_OR_RETURN(HostChange changed,
                   ChangeUnion(context, wanted, outcome.running, network, stop));
  outcome.running = std::move(changed.breadcrumb);
  outcome.gap = changed.gap;
  outcome.applied = true;
  outcome.supplied = supply.supplied();
  return outcome;
}

Result<std::vector<Action>> Reconciler::Plan(const Composition& wanted,
                                             const std::optional<Breadcrumb>& running) const {
  const std::string hash = CompositionHash(wanted.modules);
  const verify::Policy policy =
      LoadNodePolicy(paths_, *settings_.Get(), clock_.UnixSeconds()).policy;
  ChangeFacts facts{.wanted = wanted, .running = running, .policy = policy};
  if (const Result<std::optional<Composition>> staged = StagedSet(paths_); staged && *staged)
    facts.staged = CompositionHash((*staged)->modules);
  if (IsLastKnownGood(paths_, hash)) facts.last_known_good = hash;
  if (const std::vector<Attempt> all = LoadAttempts(paths_);
      const Attempt* attempt = FindAttempt(all, hash))
    facts.attempts = attempt->attempts;
  if (const auto stored = mount::BlobStore(paths_, 0).List(); stored)
    for (const verify::BlobDigest& digest : *stored) facts.stored.insert(digest.ToString());
  ASSIGN_OR_RETURN(const mount::MountTable table, mount::MountTable::Read());
  const auto note_mounted = [&](const std::vector<ComposedModule>& modules) {
    for (const ComposedModule& module : modules)
      if (table.FindAt(LayerMountPoint(paths_, module)) != nullptr)
        facts.mounted.insert(module.digest);
  };
  note_mounted(wanted.modules);
  if (running) note_mounted(running->composition.modules);
  if (!running || running->mode != NodeMode::kPivot) {
    const ModuleUnits units =
        RenderModuleUnits(wanted, HostSurroundings(paths_, settings_->verify));
    ASSIGN_OR_RETURN(facts.units, PlanUnits(paths_, units.units));
  }
  return PlanChange(facts);
}

// A set that was tried twice and never stood is not tried again until it changes; the last known
// good one is no trial. While something runs, only a change that failed has been a trial.
Result<HostChange> Reconciler::ChangeUnion(const HostUnionContext& context,
                                           const Composition& wanted,
                                           const std::optional<Breadcrumb>& running,
                                           Network network, std::stop_token stop) {
  const std::string hash = CompositionHash(wanted.modules);
  if (wanted.source == CompositionSource::kLastKnownGood || IsLastKnownGood(paths_, hash))
    return ApplyHostUnion(context, wanted, network, std::move(stop));
  RETURN_IF_ERROR(RequireAttemptLeft(LoadAttempts(paths_), hash));
  ASSIGN_OR_RETURN(std::string trial, BootId(paths_));
  if (running) trial += "/" + RandomHex(4);
  // A disk that cannot be written to costs the count, not the modules.
  const Status counted = CountAttempt(paths_, hash, trial, clock_.UnixSeconds());
  Result<HostChange> changed = ApplyHostUnion(context, wanted, network, std::move(stop));
  if (!counted && changed)
    changed->breadcrumb.findings.push_back("the attempt was not counted: " +
                                           counted.error().message());
  if (counted && running && (changed || changed.error().code() != kUnitDidNotComeBack))
    if (Status withdrawn = WithdrawAttempt(paths_, hash, trial); !withdrawn && changed)
      changed->breadcrumb.findings.push_back(withdrawn.error().message());
  return changed;
}

}  // namespace powernode::runtime

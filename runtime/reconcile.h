// One reconcile: ask the platform what this node should run, compare with what runs, and change
// what may be changed while running (node-files.md §13). In host mode the union is replaced; in
// pivot mode the images are brought here and proven, and the next boot composes them (P4).
//
// An answer that takes modules away without saying so is believed when it comes twice, at least
// thirty seconds apart with no error between (node-api.md §10.6, c).
#pragma once

#include <optional>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "agent/base/clock.h"
#include "agent/base/paths.h"
#include "agent/base/result.h"
#include "enroll/session.h"
#include "mount/former_unions.h"
#include "mount/kernel_features.h"
#include "mount/store_lease.h"
#include "runtime/assignment.h"
#include "runtime/breadcrumb.h"
#include "runtime/change_plan.h"
#include "runtime/host_union.h"
#include "runtime/live_settings.h"
#include "runtime/module_supply.h"
#include "runtime/reconcile_plan.h"
#include "runtime/store_gc.h"

namespace powernode::runtime {

enum class Apply { kYes, kDryRun };

struct ReconcileOutcome {
  std::vector<PlanStep> plan;       // what differs
  std::vector<Action> actions;      // what is done about it
  bool applied = false;             // the plan is carried out
  std::chrono::nanoseconds gap{0};  // host mode: how long there was no union meanwhile
  bool pending_reboot = false;      // pivot mode: everything is here, the next boot composes it
  std::optional<Breadcrumb> running;
  Supplied supplied;                    // what came over the network for it
  std::optional<Error> policy_problem;  // the platform's trust policy was not taken
  std::vector<Error> notes;             // what was odd about the assignment
  GcOutcome collected;                  // what the store had to let go
  mount::Leftovers left_over;           // host mode: of former unions
  std::optional<Error> store_problem;   // why nothing, or no object, could be collected
};

class Reconciler {
 public:
  // All outlive the reconciler. `systemd` may be nullptr, see HostUnionContext.
  Reconciler(const Paths& paths, LiveSettings settings, const mount::KernelFeatures& features,
             Systemd* systemd, Clock& clock, SupplyObservers observers = {})
      : paths_(paths),
        settings_(std::move(settings)),
        features_(features),
        systemd_(systemd),
        clock_(clock),
        observers_(std::move(observers)) {}

  // Towards what the platform assigns. `empty`: an operator says that no module at all is meant; in
  // host mode the union goes then, and the last known good set with it.
  Result<ReconcileOutcome> Run(enroll::Session& session, Apply apply, std::stop_token stop,
                               EmptyList empty = EmptyList::kRefuse);

  // Towards the given set (attach, detach). Host mode only: kRefused "not_in_pivot_mode".
  Result<ReconcileOutcome> RunTowards(enroll::Session& session, Composition wanted, Apply apply,
                                      std::stop_token stop);

  // Host mode, platform not reachable, nothing runs: the last known good set.
  Result<ReconcileOutcome> FallBack(std::stop_token stop);

 private:
  Result<ReconcileOutcome> Change(enroll::Session* session, Composition wanted,
                                  std::optional<Breadcrumb> running, Apply apply,
                                  std::stop_token stop);
  Result<Assignment> Ask(enroll::Session& session, const Composition* present, EmptyList empty,
                         std::stop_token stop);
  Status ConfirmRemovals(const std::optional<Composition>& present, const Assignment& wanted);
  Status KeepAccepted(const Assignment& wanted);
  Result<ReconcileOutcome> RemoveAll(std::optional<Breadcrumb> running, Apply apply);
  // The highest assignment revision among what is present and what waits.
  std::int64_t AcceptedRevision(const std::optional<Composition>& present) const;
  Status StageNext(const Composition& wanted) const;
  // Makes room for `wanted` and keeps what comes until the lease goes. nullopt: nothing comes, and
  // the last look was less than a day ago.
  Result<std::optional<mount::StoreLease>> LeaseStore(const Composition& wanted,
                                                      ReconcileOutcome& outcome);
  Result<std::vector<Action>> Plan(const Composition& wanted,
                                   const std::optional<Breadcrumb>& running) const;
  Result<HostChange> ChangeUnion(const HostUnionContext& context, const Composition& wanted,
                                 const std::optional<Breadcrumb>& running, Network network,
                                 std::stop_token stop);

  const Paths& paths_;
  LiveSettings settings_;
  const mount::KernelFeatures& features_;
  Systemd* systemd_;
  Clock& clock_;
  SupplyObservers observers_;

  std::string accepted_;  // the answer that was last kept, by its hashes
  // The set that took something away, and when it was first seen.
  std::string shrink_hash_;
  std::chrono::milliseconds shrink_seen_{};

  std::optional<std::chrono::milliseconds> collected_at_;
  std::optional<Error> store_problem_;  // then
  bool no_space_ = false;  // the last pull found the disk full, whatever had been collected for it
};

// What runs: the breadcrumb of this boot, in either mode; nullopt when nothing does.
Result<std::optional<Breadcrumb>> RunningSet(const Paths& paths);

}  // namespace powernode::runtime

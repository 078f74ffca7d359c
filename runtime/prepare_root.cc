#include "runtime/prepare_root.h"

#include <sys/mount.h>

#include <algorithm>
#include <cstdio>
#include <memory>
#include <optional>
#include <span>

#include "agent/base/files.h"
#include "agent/base/version.h"
#include "mount/compose.h"
#include "mount/kernel_features.h"
#include "runtime/boot_candidates.h"
#include "runtime/breadcrumb.h"
#include "runtime/carried_image.h"
#include "runtime/event_spool.h"
#include "runtime/module_set.h"
#include "runtime/module_supply.h"
#include "runtime/network_wait.h"
#include "runtime/node_clock.h"
#include "runtime/node_policy.h"
#include "runtime/persist.h"
#include "runtime/rescue_report.h"
#include "runtime/root_check.h"
#include "runtime/root_files.h"
#include "runtime/root_render.h"
#include "runtime/runtime_directory.h"
#include "runtime/state_files.h"
#include "runtime/store_room.h"

namespace powernode::runtime {
namespace {

std::string Seconds(double seconds) {
  char text[32];
  std::snprintf(text, sizeof(text), "%.2f s", seconds);
  return text;
}

// The verifier's answers, as opposed to trouble on the way.
bool IsVerdict(const Error& error) {
  return error.kind() == ErrorKind::kRefuted || error.kind() == ErrorKind::kCannotTell;
}

class Preparation {
 public:
  Preparation(const PrepareRootRequest& request, BootConsole& console, Clock& clock,
              std::stop_token stop)
      : request_(request),
        paths_(request.paths),
        console_(console),
        clock_(clock),
        stop_(std::move(stop)) {}

  Status Run() {
    RETURN_IF_ERROR(Early());
    BringUpStorageAndNetwork();
    BootCandidates candidates(paths_, request_.settings, persist_.state, console_, clock_);
    for (;;) {
      Status done = TryAll(candidates);
      if (done || request_.on_failure == OnFailure::kReturn) return done;
      const std::chrono::milliseconds wait = candidates.NextWait();
      if (done.error().code() != "claim_pending") SayRescue(done.error(), wait);
      ReportRescue(candidates, done.error());
      console_.Keep(paths_, boot_id_);
      if (!clock_.Sleep(wait, stop_)) return done;
      console_.NextRound();
    }
  }

 private:
  // The kernel's side: what is needed before anything can be tried.
  Status Early() {
    failed_stage_ = "kernel";
    features_ = mount::ProbeKernelFeatures();
    RETURN_IF_ERROR_CONTEXT(MountRuntimeDirectory(paths_), "kernel");
    RETURN_IF_ERROR_CONTEXT(InstallRunBinary(paths_), "kernel");
    RETURN_IF_ERROR_CONTEXT(CarryImage(paths_), "kernel");
    RETURN_IF_ERROR(mount::RequireForLayers(features_));
    RETURN_IF_ERROR(mount::RequireForUnion(features_));
    console_.Say("kernel",
                 "Linux " + features_.release + ", powernode-agent " + std::string(Version()));
    for (const std::string& finding : request_.settings.findings)
      console_.Say("kernel", "note: " + finding);
    SayRaised(RaiseClock(clock_, BuildTimeUnix()));
    if (const Result<std::string> id = BootId(paths_)) boot_id_ = *id;
    return Ok();
  }

  // Twice: what the persist partition knows comes later than the first message (EN-9).
  void SayRaised(const std::optional<std::string>& done) {
    if (done) console_.Say("kernel", *done);
  }

  void BringUpStorageAndNetwork() {
    persist_ =
        BringUpPersist(paths_, {.wanted = request_.settings.persist, .mount_point = paths_.persist},
                       clock_, stop_);
    console_.Say("persist", std::string(PersistStateName(persist_.state)) +
                                (persist_.device.empty() ? "" : " on " + persist_.device) +
                                (persist_.detail.empty() ? "" : ": " + persist_.detail));
    SayRaised(RaiseClock(clock_, paths_));
    for (const StateProblem& problem : CheckStateFiles(paths_, clock_.UnixSeconds())) {
      console_.Say("persist",
                   "note: " + problem.error.message() + " [" + problem.error.code() + "]");
      notes_.push_back(problem.error.message());
    }
    const NetworkState network = WaitForNetwork(paths_, request_.settings.net_wait, clock_, stop_);
    if (!network.route)
      console_.Say("persist", "note: no network route after " +
                                  std::to_string(request_.settings.net_wait.count()) +
                                  " s, going on");
    resolver_ = network.resolver;
    if (Status installed = InstallOwnResolver(paths_, resolver_); !installed)
      console_.Say("persist", "note: resolver: " + installed.error().message());
  }

  // Not while a claim is waited for: the code has lines of its own, and is asked for often.
  void SayRescue(const Error& error, std::chrono::milliseconds wait) {
    console_.Say("rescue",
                 "stage " + failed_stage_ + ": " + error.message() + " [" + error.code() + "]");
    console_.Say("rescue", "nothing is mounted; next try at " +
                               FormatTime(clock_.UnixSeconds() + wait.count() / 1000) + ", in " +
                               Seconds(static_cast<double>(wait.count()) / 1000));
  }

  void ReportRescue(BootCandidates& candidates, const Error& error) {
    if (candidates.session() == nullptr) return;
    const Status sent = SendRescueReport({.paths = paths_,
                                          .persist = persist_.state,
                                          .kernel_release = features_.release,
                                          .stage = failed_stage_,
                                          .error = error},
                                         *candidates.session(), clock_, stop_);
    console_.Say("rescue", sent ? "the platform knows"
                                : "the platform does not know: " + sent.error().message());
  }

  // In the order of node-files.md §10.2. The error is that of the first.
  Status TryAll(BootCandidates& candidates) {
    BootOffer offer = candidates.Gather(boot_id_, stop_);
    std::optional<Error> first = std::move(offer.not_live);
    std::string first_stage = std::move(offer.stage);
    if (first && !offer.candidates.empty()) console_.Fail(first_stage, *first);
    for (BootCandidate& candidate : offer.candidates) {
      SayChosen(candidate);
      Status done = TryOne(std::move(candidate.composition), candidate.choice, candidates);
      if (done) return done;
      if (first || offer.candidates.size() > 1) console_.Fail(failed_stage_, done.error());
      if (first) continue;
      first = std::move(done).error();
      first_stage = failed_stage_;
    }
    failed_stage_ = first_stage;
    return *std::move(first);
  }

  void SayChosen(const BootCandidate& candidate) {
    const Composition& set = candidate.composition;
    const bool good = set.source == CompositionSource::kLastKnownGood;
    console_.Say("choose", std::string(BootSourceText(candidate.choice.source)) + ": " +
                               std::to_string(set.modules.size()) + " modules, " +
                               (good ? set.reason : "revision " + std::to_string(set.revision)));
  }

  // One candidate, from bytes to a root that can be switched into; a stored one without network.
  Status TryOne(Composition composition, const BootChoice& choice, BootCandidates& candidates) {
    enroll::Session* const session =
        choice.source == BootSource::kLive ? candidates.session() : nullptr;
    failed_stage_ = "fetch";
    ASSIGN_OR_RETURN(
        std::optional<mount::StoreLease> lease,
        LeaseStore(composition, StoreLimits{.floor_mib = CacheFloorMib(
                                                request_.settings.cache_floor_mib, persist_.state),
                                            .budget_mib = request_.settings.cache_budget_mib}));
    Result<std::vector<mount::LayerRequest>> layers = Prove(composition, session);
    if (!layers && layers.error().kind() == ErrorKind::kNoSpace) {
      lease.reset();
      ASSIGN_OR_RETURN(lease, LeaseStore(composition, std::nullopt));
      layers = Prove(composition, session);
    }
    if (!layers && IsVerdict(layers.error())) failed_stage_ = "verify";
    if (!layers) return std::move(layers).error();

    failed_stage_ = "mount";
    if (choice.count)
      if (Status counted = candidates.Count(CompositionHash(composition.modules), boot_id_);
          !counted)
        console_.Say("choose", "note: this attempt is not counted: " + counted.error().message());
    const auto started = clock_.Monotonic();
    RETURN_IF_ERROR(MakeDirectories(request_.sysroot, 0755));
    Result<mount::Composition> composed =
        mount::Compose(paths_, features_,
                       {.layers = *std::move(layers),
                        .target = request_.sysroot,
                        .scratch_mib = request_.settings.scratch_mib,
                        .verity = VerityFor(composition, verity_)});
    if (!composed) return std::move(composed).error();
    for (const mount::ComposedLayer& layer : composed->layers())
      console_.Say("mount", layer.name + ": " + layer.digest.Short() + " at priority " +
                                std::to_string(layer.effective_priority) + ", " +
                                std::string(mount::EnforcementName(layer.enforcement)));
    RecordEnforcement(composed->layers(), composition);

    failed_stage_ = "check";
    ASSIGN_OR_RETURN(const RootRendering rendering, Furnish(composition, composed->staged_root()));

    failed_stage_ = "compose";
    RETURN_IF_ERROR(composed->Commit());
    const std::chrono::duration<double> took = clock_.Monotonic() - started;
    console_.Say("compose", std::to_string(composed->layers().size()) + " layers at " +
                                request_.sysroot + " in " + Seconds(took.count()));
    Status recorded = Record(composition, *composed, rendering);
    if (!recorded && ::umount2(request_.sysroot.c_str(), UMOUNT_NOFOLLOW) < 0)
      return std::move(recorded).error().AlsoFailed(
          SystemError("unmount " + request_.sysroot, errno));
    return recorded;
  }

  // Held until what was fetched is recorded: nothing of it is collected. Without limits everything
  // goes that no set needs.
  Result<mount::StoreLease> LeaseStore(const Composition& composition,
                                       std::optional<StoreLimits> limits) {
    ASSIGN_OR_RETURN(
        StoreRoom room,
        MakeRoom({.paths = paths_, .wanted = std::span(&composition, 1), .limits = limits}, "boot",
                 clock_.UnixSeconds()));
    if (!room.collected.removable.empty()) console_.Say("fetch", CollectedText(room.collected));
    if (room.problem) console_.Say("fetch", "note: " + room.problem->message());
    return std::move(room.lease);
  }

  Result<std::vector<mount::LayerRequest>> Prove(Composition& composition,
                                                 enroll::Session* session) {
    if (session != nullptr) {
      enroll::NodeApi api(*session);
      if (const Status fresh =
              RefreshTrustPolicy(paths_, api, clock_.UnixSeconds(), enroll::kNoRetries, stop_);
          !fresh)
        console_.Say("verify", "note: " + fresh.error().message());
    }
    verify::LoadedPolicy loaded = LoadNodePolicy(paths_, request_.settings, clock_.UnixSeconds());
    for (const Error& problem : loaded.problems)
      console_.Say("verify", "note: " + problem.message());
    verity_ = loaded.policy.verity;
    ModuleSupply supply(
        paths_, std::move(loaded.policy),
        CacheFloorMib(request_.settings.cache_floor_mib, persist_.state), session, clock_,
        {.images = [this](const mount::PullProgress& p) { SayPulled(p); }, .objects = {}});
    RETURN_IF_ERROR(supply.Prepare());
    return ProveModules(composition, supply, session != nullptr ? Network::kUse : Network::kForbid,
                        stop_, [this](const ModuleProven& proven) { SayProven(proven); });
  }

  void SayProven(const ModuleProven& proven) {
    if (const mount::CompleteObjects* objects = proven.objects)
      console_.Say("fetch", proven.module.name + ": " + std::to_string(objects->fetched_count()) +
                                " of " + std::to_string(objects->count()) + " objects, " +
                                HumanSize(objects->fetched_bytes()) + " fetched, " +
                                HumanSize(objects->bytes() - objects->fetched_bytes()) +
                                " were here");
    console_.Say("verify", proven.module.name + ": " + proven.image.digest().Short() + ", " +
                               proven.image.report().Summary());
  }

  void SayPulled(const mount::PullProgress& progress) {
    if (!progress.finished) return;
    console_.Say("fetch",
                 progress.module.name + ": " +
                     (progress.from_store
                          ? "in the store, " + HumanSize(progress.bytes_done)
                          : HumanSize(progress.bytes_done) + " in " + Seconds(progress.seconds)));
  }

  // Looked at and completed while it is still beside: a root that cannot be booted is never
  // committed.
  Result<RootRendering> Furnish(const Composition& composition, const std::string& root) {
    RETURN_IF_ERROR(CheckRoot(root));
    RootRendering rendering = RenderRoot({.paths = paths_,
                                          .root = root,
                                          .composition = composition,
                                          .resolver = resolver_,
                                          .verify = request_.settings.verify});
    for (const std::string& finding : rendering.findings) console_.Say("check", "note: " + finding);
    console_.Say("check", rendering.incomplete ? "bootable, but not complete" : "bootable");
    return rendering;
  }

  Status Record(const Composition& composition, const mount::Composition& composed,
                const RootRendering& rendering) {
    failed_stage_ = "breadcrumb";
    Breadcrumb breadcrumb{.composition = composition,
                          .mode = NodeMode::kPivot,
                          .boot_id = boot_id_,
                          .lowers = {},
                          .incomplete = rendering.incomplete,
                          .findings = rendering.findings};
    breadcrumb.findings.insert(breadcrumb.findings.end(), notes_.begin(), notes_.end());
    for (const mount::ComposedLayer& layer : composed.layers())
      breadcrumb.lowers.insert(breadcrumb.lowers.begin(), layer.mountpoint);
    ASSIGN_OR_RETURN(const std::optional<std::string> not_kept,
                     WriteBreadcrumb(paths_, breadcrumb));
    console_.Say("breadcrumb", "composition " + CompositionHash(composition.modules).substr(0, 12) +
                                   " (" + std::string(CompositionSourceName(composition.source)) +
                                   ")" + (not_kept ? "; note: " + *not_kept : ""));
    const bool fallback = composition.source == CompositionSource::kLastKnownGood;
    (void)SpoolEvent(paths_,
                     {.kind = fallback ? "boot.fallback" : "boot.composed",
                      .severity = fallback ? Severity::kHigh : Severity::kLow,
                      .payload = {{"composition", CompositionHash(composition.modules)},
                                  {"boot_id", boot_id_},
                                  {"incomplete", rendering.incomplete}}},
                     clock_.UnixSeconds());
    failed_stage_ = "switch";
    RETURN_IF_ERROR(BindPersist(paths_.persist, request_.sysroot));
    console_.Say("switch", "handing " + request_.sysroot + " to the initramfs");
    console_.Keep(paths_, boot_id_);
    return Ok();
  }

  const PrepareRootRequest& request_;
  const Paths& paths_;
  BootConsole& console_;
  Clock& clock_;
  std::stop_token stop_;
  mount::KernelFeatures features_;
  verify::VerityMode verity_ = verify::VerityMode::kAuto;  // of the policy in force
  Persist persist_;
  std::string resolver_;
  std::string boot_id_ = "unknown";
  std::string failed_stage_;
  std::vector<std::string> notes_;  // for the running agent: what was wrong with the state files
};

}  // namespace

Status PrepareRoot(const PrepareRootRequest& request, BootConsole& console, Clock& clock,
                   std::stop_token stop) {
  return Preparation(request, console, clock, std::move(stop)).Run();
}

}  // namespace powernode::runtime

#include "runtime/host_union.h"

#include <vector>

#include "agent/base/files.h"
#include "agent/base/lock_file.h"
#include "mount/compose.h"
#include "mount/former_unions.h"
#include "mount/mount_table.h"
#include "mount/union_place.h"
#include "runtime/account_files.h"
#include "runtime/module_units.h"
#include "runtime/root_files.h"
#include "runtime/runtime_directory.h"
#include "runtime/unit_directory.h"
#include "runtime/unit_watch.h"

namespace powernode::runtime {
namespace {

using UnitNames = std::vector<std::string>;

UnitNames Both(UnitNames first, const UnitNames& second) {
  first.insert(first.end(), second.begin(), second.end());
  return first;
}

// One change, from the composed union to the last unit that runs again.
class Change {
 public:
  Change(const HostUnionContext& context, const Composition& wanted,
         const std::optional<Breadcrumb>& before, std::stop_token stop)
      : context_(context),
        before_(before),
        stop_(std::move(stop)),
        units_(RenderModuleUnits(wanted, HostSurroundings(context.paths, context.verify))),
        next_{.composition = wanted, .mode = NodeMode::kHost} {}

  Result<HostChange> Run(std::vector<mount::LayerRequest> layers) {
    ASSIGN_OR_RETURN(next_.boot_id, BootId(context_.paths));
    ASSIGN_OR_RETURN(planned_, PlanUnits(context_.paths, units_.units));
    ASSIGN_OR_RETURN(mount::Composition composition, Compose(std::move(layers)));
    ASSIGN_OR_RETURN(const UnitNames healthy, Active(planned_.changed));
    const UnitNames stopped = Both(planned_.changed, planned_.removed);
    Status exchanged = Stop(stopped);
    if (exchanged) exchanged = composition.Commit();
    if (!exchanged) return StartAgain(std::move(exchanged).error(), stopped);

    Status stands = StartUnits();
    if (stands) stands = AwaitBack(healthy);
    if (!stands && before_) return TakeBack(std::move(stands).error(), composition);
    if (!stands) return std::move(stands).error();
    ASSIGN_OR_RETURN(const std::optional<std::string> not_kept,
                     WriteBreadcrumb(context_.paths, next_));
    if (not_kept) next_.findings.push_back(*not_kept);
    return HostChange{.breadcrumb = next_, .gap = composition.gap()};
  }

 private:
  Result<mount::Composition> Compose(std::vector<mount::LayerRequest> layers) {
    RETURN_IF_ERROR(mount::MakeUnionPlace(context_.paths.union_root));
    ASSIGN_OR_RETURN(
        mount::Composition composed,
        mount::Compose(context_.paths, context_.features,
                       {.layers = std::move(layers),
                        .target = context_.paths.union_root,
                        .scratch_mib = context_.scratch_mib,
                        .verity = VerityFor(next_.composition, context_.supply.verity())}));
    RecordEnforcement(composed.layers(), next_.composition);
    for (const mount::ComposedLayer& layer : composed.layers())
      next_.lowers.insert(next_.lowers.begin(), layer.mountpoint);
    return composed;
  }

  Result<UnitNames> Active(const UnitNames& units) {
    if (context_.systemd == nullptr || units.empty()) return UnitNames();
    return ActiveUnits(*context_.systemd, units);
  }

  Status Stop(const UnitNames& units) {
    return context_.systemd == nullptr ? Ok() : context_.systemd->StopUnits(units);
  }

  Status AwaitBack(const UnitNames& units) {
    return context_.systemd == nullptr
               ? Ok()
               : AwaitUnits(*context_.systemd, units, context_.clock, stop_);
  }

  // Nothing has changed but that these units do not run.
  Error StartAgain(Error error, const UnitNames& stopped) {
    if (context_.systemd == nullptr) return error;
    if (Status started = context_.systemd->StartUnits(stopped); !started)
      return std::move(error).AlsoFailed(started.error());
    return error;
  }

  // Writes the units of the new set and starts them; those that run stay as they are. A unit that
  // does not start is a finding here.
  Status StartUnits() {
    next_.findings.insert(next_.findings.end(), units_.refused.begin(), units_.refused.end());
    next_.incomplete = !units_.refused.empty();
    // systemd asks the system's own files for User=, the service those of the union, where it has
    // any.
    MergeInto(context_.paths.root);
    if (Exists(context_.paths.union_root + "/etc/passwd")) MergeInto(context_.paths.union_root);
    return WriteAndStart(units_, next_.findings);
  }

  void MergeInto(const std::string& root) {
    for (std::string& finding : MergeAccounts(root, next_.composition))
      next_.findings.push_back(std::move(finding));
  }

  Status WriteAndStart(const ModuleUnits& units, std::vector<std::string>& findings) {
    ASSIGN_OR_RETURN(const UnitChanges changes, SyncUnits(context_.paths, units.units));
    findings.insert(findings.end(), changes.findings.begin(), changes.findings.end());
    if (context_.systemd == nullptr) return Ok();
    if (!changes.empty()) RETURN_IF_ERROR(context_.systemd->Reload());
    UnitNames names;
    for (const UnitFile& unit : units.units) names.push_back(unit.name);
    if (Status started = context_.systemd->StartUnits(names); !started)
      findings.push_back(started.error().message());
    return Ok();
  }

  // The former union, its units and its breadcrumb, which was not yet replaced.
  Error TakeBack(Error error, mount::Composition& composition) {
    const auto restore = [&]() -> Status {
      RETURN_IF_ERROR(Stop(Both(planned_.changed, planned_.added)));
      if (composition.replaces()) RETURN_IF_ERROR(composition.TakeBack());
      std::vector<std::string> findings;
      return WriteAndStart(RenderModuleUnits(before_->composition,
                                             HostSurroundings(context_.paths, context_.verify)),
                           findings);
    };
    if (Status restored = restore(); !restored)
      return std::move(error).WithContext("change the union").AlsoFailed(restored.error());
    return std::move(error).WithContext("change the union; the former set is back");
  }

  const HostUnionContext& context_;
  const std::optional<Breadcrumb>& before_;
  std::stop_token stop_;
  ModuleUnits units_;
  UnitChanges planned_;
  Breadcrumb next_;
};

}  // namespace

UnitSurroundings HostSurroundings(const Paths& paths, std::optional<verify::TrustMode> verify) {
  UnitSurroundings surroundings =
      ObserveSurroundings(paths, paths.root, FindResolver(paths), verify);
  surroundings.root_directory = paths.union_root;
  return surroundings;
}

Result<std::optional<Breadcrumb>> RunningUnion(const Paths& paths) {
  ASSIGN_OR_RETURN(std::optional<Breadcrumb> breadcrumb, ReadBreadcrumb(paths));
  if (!breadcrumb || breadcrumb->mode != NodeMode::kHost) return std::optional<Breadcrumb>();
  ASSIGN_OR_RETURN(const mount::MountTable table, mount::MountTable::Read());
  const mount::MountEntry* there = table.FindAt(paths.union_root);
  if (there == nullptr || there->fs_type != "overlay") return std::optional<Breadcrumb>();
  return breadcrumb;
}

Result<HostChange> ApplyHostUnion(const HostUnionContext& context, Composition wanted,
                                  Network network, std::stop_token stop) {
  RETURN_IF_ERROR(MakeRuntimeDirectory(context.paths));
  ASSIGN_OR_RETURN(std::vector<mount::LayerRequest> layers,
                   ProveModules(wanted, context.supply, network, stop, [](const ModuleProven&) {}));
  // What the kernel would refuse is refused before the running services are stopped for it.
  RETURN_IF_ERROR(mount::CheckLayers(context.paths, context.features, layers,
                                     VerityFor(wanted, context.supply.verity())));
  // An operator's command and the service must not change the union at the same time.
  ASSIGN_OR_RETURN(const LockFile one_change,
                   LockFile::Take(context.paths.union_lock, "change of the union",
                                  std::chrono::milliseconds(60'000)));
  ASSIGN_OR_RETURN(const std::optional<Breadcrumb> before, RunningUnion(context.paths));
  Result<HostChange> changed =
      Change(context, wanted, before, std::move(stop)).Run(std::move(layers));
  // Whichever union is not at its place now goes when nothing uses it; the reconcile looks again.
  (void)mount::ReleaseFormerUnions(context.paths);
  return changed;
}

}  // namespace powernode::runtime

#include "runtime/host_union.h"

#include <sys/mount.h>

#include <cerrno>

#include "agent/base/files.h"
#include "agent/base/lock_file.h"
#include "mount/compose.h"
#include "mount/mount_table.h"
#include "runtime/module_units.h"
#include "runtime/runtime_directory.h"
#include "runtime/unit_directory.h"

namespace powernode::runtime {
namespace {

Status UnmountIfMounted(const mount::MountTable& table, const std::string& path) {
  if (table.FindAt(path) == nullptr) return Ok();
  if (::umount2(path.c_str(), UMOUNT_NOFOLLOW) == 0) return Ok();
  if (errno == EBUSY)
    return Error(ErrorKind::kSystem, std::string(kMountInUse),
                 "unmount " + path +
                     ": a process that is no module service works in it; `fuser -vm " + path +
                     "` names it");
  return SystemError("unmount " + path, errno);
}

// Union first, then what it was made of; a layer that another overlay uses stays (MO-8).
Status UnmountUnion(const Paths& paths) {
  ASSIGN_OR_RETURN(const mount::MountTable before, mount::MountTable::Read());
  RETURN_IF_ERROR(UnmountIfMounted(before, paths.union_root));
  RETURN_IF_ERROR(UnmountIfMounted(before, paths.scratch));
  ASSIGN_OR_RETURN(const mount::MountTable after, mount::MountTable::Read());
  const Result<std::vector<std::string>> layers = ListDirectory(paths.layers);
  if (!layers) return layers.error().kind() == ErrorKind::kNotFound ? Ok() : Status(layers.error());
  for (const std::string& name : *layers) {
    const std::string layer = paths.layers + "/" + name;
    if (!after.UsedByOverlay(layer)) RETURN_IF_ERROR(UnmountIfMounted(after, layer));
  }
  return Ok();
}

Status StopOwnUnits(const HostUnionContext& context) {
  if (context.systemd == nullptr) return Ok();
  ASSIGN_OR_RETURN(const std::vector<std::string> units, ListOwnUnits(context.paths));
  return context.systemd->StopUnits(units);
}

Result<Breadcrumb> Compose(const HostUnionContext& context, const Composition& wanted,
                           std::vector<mount::LayerRequest> layers) {
  Breadcrumb breadcrumb{.composition = wanted, .mode = NodeMode::kHost};
  ASSIGN_OR_RETURN(breadcrumb.boot_id, BootId(context.paths));
  RETURN_IF_ERROR(MakeDirectories(context.paths.union_root, 0755));
  ASSIGN_OR_RETURN(mount::Composition composed,
                   mount::Compose(context.paths, context.features,
                                  {.layers = std::move(layers),
                                   .target = context.paths.union_root,
                                   .scratch_mib = context.scratch_mib,
                                   .verity = VerityFor(wanted, context.supply.verity())}));
  RETURN_IF_ERROR(composed.Commit());
  RecordEnforcement(composed.layers(), breadcrumb.composition);
  for (const mount::ComposedLayer& layer : composed.layers())
    breadcrumb.lowers.insert(breadcrumb.lowers.begin(), layer.mountpoint);
  return breadcrumb;
}

// Writes the units of the set and starts them. A unit that does not start is a finding, not a
// failed change.
Status StartUnits(const HostUnionContext& context, Breadcrumb& breadcrumb) {
  const ModuleUnits units = RenderModuleUnits(breadcrumb.composition, context.paths.union_root);
  breadcrumb.findings.insert(breadcrumb.findings.end(), units.refused.begin(), units.refused.end());
  breadcrumb.incomplete = !units.refused.empty();
  ASSIGN_OR_RETURN(const UnitChanges changes, SyncUnits(context.paths, units.units));
  breadcrumb.findings.insert(breadcrumb.findings.end(), changes.findings.begin(),
                             changes.findings.end());
  if (context.systemd == nullptr) return Ok();
  if (!changes.empty()) RETURN_IF_ERROR(context.systemd->Reload());
  std::vector<std::string> names;
  for (const UnitFile& unit : units.units) names.push_back(unit.name);
  if (Status started = context.systemd->StartUnits(names); !started)
    breadcrumb.findings.push_back(started.error().message());
  return Ok();
}

Result<Breadcrumb> Replace(const HostUnionContext& context, const Composition& wanted,
                           std::vector<mount::LayerRequest> layers) {
  RETURN_IF_ERROR(StopOwnUnits(context));
  RETURN_IF_ERROR(UnmountUnion(context.paths));
  ASSIGN_OR_RETURN(Breadcrumb breadcrumb, Compose(context, wanted, std::move(layers)));
  RETURN_IF_ERROR(StartUnits(context, breadcrumb));
  ASSIGN_OR_RETURN(const std::optional<std::string> not_kept,
                   WriteBreadcrumb(context.paths, breadcrumb));
  if (not_kept) breadcrumb.findings.push_back(*not_kept);
  return breadcrumb;
}

}  // namespace

Result<std::optional<Breadcrumb>> RunningUnion(const Paths& paths) {
  ASSIGN_OR_RETURN(std::optional<Breadcrumb> breadcrumb, ReadBreadcrumb(paths));
  if (!breadcrumb || breadcrumb->mode != NodeMode::kHost) return std::optional<Breadcrumb>();
  ASSIGN_OR_RETURN(const mount::MountTable table, mount::MountTable::Read());
  if (table.FindAt(paths.union_root) == nullptr) return std::optional<Breadcrumb>();
  return breadcrumb;
}

Result<Breadcrumb> ApplyHostUnion(const HostUnionContext& context, Composition wanted,
                                  Network network, std::stop_token stop) {
  RETURN_IF_ERROR(MakeRuntimeDirectory(context.paths));
  const auto silent = [](const ModuleProven&) {};
  ASSIGN_OR_RETURN(std::vector<mount::LayerRequest> layers,
                   ProveModules(wanted, context.supply, network, stop, silent));
  // What the kernel would refuse is refused before the running services are stopped for it.
  RETURN_IF_ERROR(mount::CheckLayers(context.paths, context.features, layers,
                                     VerityFor(wanted, context.supply.verity())));
  // An operator's command and the service must not take the union apart at the same time.
  ASSIGN_OR_RETURN(const LockFile one_change,
                   LockFile::Take(context.paths.union_lock, "change of the union",
                                  std::chrono::milliseconds(60'000)));
  ASSIGN_OR_RETURN(std::optional<Breadcrumb> before, RunningUnion(context.paths));
  Result<Breadcrumb> applied = Replace(context, wanted, std::move(layers));
  if (applied || !before) return applied;

  Error problem = std::move(applied).error().WithContext("change the union");
  const auto restore = [&]() -> Status {
    ASSIGN_OR_RETURN(const std::optional<Breadcrumb> still, RunningUnion(context.paths));
    if (still && problem.code() == kMountInUse)
      return StartUnits(context, *before);  // only these were stopped
    ASSIGN_OR_RETURN(
        std::vector<mount::LayerRequest> old_layers,
        ProveModules(before->composition, context.supply, Network::kForbid, stop, silent));
    ASSIGN_OR_RETURN(const Breadcrumb restored,
                     Replace(context, before->composition, std::move(old_layers)));
    return Ok();
  };
  if (Status restored = restore(); !restored)
    return std::move(problem).AlsoFailed(restored.error());
  return std::move(problem).WithContext("the former set is back");
}

Status RemoveHostUnion(const HostUnionContext& context) {
  RETURN_IF_ERROR(StopOwnUnits(context));
  return UnmountUnion(context.paths);
}

}  // namespace powernode::runtime

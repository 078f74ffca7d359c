#include "runtime/remove_union.h"

#include <cerrno>
#include <string>
#include <vector>

#include "agent/base/lock_file.h"
#include "mount/former_unions.h"
#include "mount/mount_api.h"
#include "mount/mount_table.h"
#include "mount/union_place.h"
#include "runtime/unit_directory.h"

namespace powernode::runtime {
namespace {

constexpr std::chrono::milliseconds kLockPatience{60'000};

Status UnmountUnion(const Paths& paths) {
  ASSIGN_OR_RETURN(const mount::MountTable table, mount::MountTable::Read());
  const mount::MountEntry* there = table.FindAt(paths.union_root);
  if (there == nullptr || there->fs_type != "overlay") return Ok();
  const Status gone = mount::Unmount(paths.union_root);
  if (gone || gone.error().system_errno() != EBUSY) return gone;
  return Error(ErrorKind::kSystem, "mount_in_use",
               paths.union_root + ": a process that is no module service works in it; `fuser -vm " +
                   paths.union_root + "` names it");
}

// The place as well: nothing is left of what the union was made of, but what somebody works in.
Status ReleaseRest(const Paths& paths) {
  ASSIGN_OR_RETURN(const mount::MountTable table, mount::MountTable::Read());
  if (mount::IsUnionPlace(table, paths.union_root))
    if (const Status gone = mount::Unmount(paths.union_root);
        !gone && gone.error().system_errno() != EBUSY)
      return gone;
  const Result<mount::Leftovers> left = mount::ReleaseFormerUnions(paths);
  return left ? Ok() : Status(left.error());
}

}  // namespace

Status RemoveUnion(const Paths& paths, Systemd* systemd) {
  ASSIGN_OR_RETURN(const LockFile one_change,
                   LockFile::Take(paths.union_lock, "removal of the union", kLockPatience));
  ASSIGN_OR_RETURN(const std::vector<std::string> units, ListOwnUnits(paths));
  if (systemd != nullptr) RETURN_IF_ERROR(systemd->StopUnits(units));
  if (Status gone = UnmountUnion(paths); !gone) {
    Error problem = std::move(gone).error().WithContext("remove the union");
    if (systemd == nullptr) return problem;
    const Status started = systemd->StartUnits(units);
    return started ? problem : std::move(problem).AlsoFailed(started.error());
  }
  ASSIGN_OR_RETURN(const UnitChanges changes, SyncUnits(paths, {}));
  if (systemd != nullptr && !changes.empty()) RETURN_IF_ERROR(systemd->Reload());
  return ReleaseRest(paths);
}

}  // namespace powernode::runtime

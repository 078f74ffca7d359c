#include "mount/scratch.h"

#include <sys/mount.h>

#include <algorithm>
#include <cerrno>
#include <ranges>

#include "agent/base/files.h"
#include "mount/mount_api.h"

namespace powernode::mount {
namespace {

constexpr const char* kSource = "powernode-scratch";
constexpr unsigned kPlaces = 16;  // a union in use, one that comes, and what processes hold on to

bool WrittenByLiveOverlay(const MountTable& table, const Scratch& scratch) {
  return std::ranges::any_of(table.entries(), [&](const MountEntry& entry) {
    return entry.fs_type == "overlay" && entry.target != scratch.staging &&
           ParseOverlayOptions(entry.fs_options).upper == scratch.upper;
  });
}

// false: something works in it.
Result<bool> UnmountUnused(const std::string& path) {
  const Status unmounted = Unmount(path);
  if (unmounted) return true;
  if (unmounted.error().system_errno() == EBUSY) return false;
  return unmounted.error();
}

// A run that was killed between mounting and committing leaves the scratch, perhaps with a union in
// it.
Status RemoveLeftovers(const std::string& mountpoint, const MountTable& table) {
  if (table.FindAt(mountpoint) == nullptr) return Ok();
  ASSIGN_OR_RETURN_CONTEXT(const bool gone, UnmountScratch(mountpoint, table),
                           "remove what an interrupted run left");
  if (gone) return Ok();
  return Error(ErrorKind::kBusy, "scratch_in_use",
               mountpoint +
                   " is in use by the composition that is mounted now; another set takes effect "
                   "with the next boot");
}

}  // namespace

Scratch ScratchAt(const std::string& mountpoint) {
  return Scratch{.mountpoint = mountpoint,
                 .upper = JoinPath(mountpoint, "upper"),
                 .work = JoinPath(mountpoint, "work"),
                 .staging = JoinPath(mountpoint, "union"),
                 .hidden = JoinPath(mountpoint, "hidden")};
}

std::vector<std::string> ScratchPlaces(const Paths& paths) {
  std::vector<std::string> places = {paths.scratch};
  for (unsigned number = 1; number < kPlaces; ++number)
    places.push_back(paths.scratch + "." + std::to_string(number));
  return places;
}

std::optional<Scratch> ScratchOf(const Paths& paths, const MountEntry& overlay) {
  const std::string upper = ParseOverlayOptions(overlay.fs_options).upper;
  for (const std::string& place : ScratchPlaces(paths))
    if (Scratch scratch = ScratchAt(place); scratch.upper == upper) return scratch;
  return std::nullopt;
}

Result<Scratch> MountScratch(const std::string& mountpoint, std::uint64_t size_mib,
                             const MountTable& table, MountUndo& undo) {
  RETURN_IF_ERROR(RemoveLeftovers(mountpoint, table));
  RETURN_IF_ERROR(MakeDirectories(mountpoint, 0755));

  ASSIGN_OR_RETURN(FsContext context, FsContext::Open("tmpfs"));
  RETURN_IF_ERROR(context.SetString("source", kSource));
  RETURN_IF_ERROR(context.SetString("size", std::to_string(size_mib) + "m"));
  RETURN_IF_ERROR(context.SetString("mode", "0755"));
  RETURN_IF_ERROR(context.Create());
  ASSIGN_OR_RETURN(const Fd mount, context.Mount(MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV));
  RETURN_IF_ERROR(AttachMount(mount, mountpoint));
  RETURN_IF_ERROR(undo.RecordMount(mountpoint));
  // The union is moved out of here at the end, which the kernel refuses below a shared mount.
  RETURN_IF_ERROR(MakePrivate(mountpoint));
  Scratch scratch = ScratchAt(mountpoint);
  for (const std::string& directory : {scratch.upper, scratch.work, scratch.staging})
    RETURN_IF_ERROR(MakeDirectories(directory, 0755));
  return scratch;
}

Result<bool> UnmountScratch(const std::string& mountpoint, const MountTable& table) {
  const Scratch scratch = ScratchAt(mountpoint);
  const MountEntry* entry = table.FindAt(mountpoint);
  if (entry == nullptr) return true;
  if (entry->source != kSource || WrittenByLiveOverlay(table, scratch)) return false;
  if (table.FindAt(scratch.staging) != nullptr) {
    ASSIGN_OR_RETURN(const bool unused, UnmountUnused(scratch.staging));
    if (!unused) return false;
  }
  return UnmountUnused(mountpoint);
}

}  // namespace powernode::mount

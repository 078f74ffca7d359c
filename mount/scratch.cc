#include "mount/scratch.h"

#include <sys/mount.h>

#include <algorithm>
#include <ranges>

#include "agent/base/files.h"
#include "mount/mount_api.h"

namespace powernode::mount {
namespace {

constexpr const char* kSource = "powernode-scratch";

bool WrittenByLiveOverlay(const MountTable& table, const Scratch& scratch) {
  return std::ranges::any_of(table.entries(), [&](const MountEntry& entry) {
    return entry.fs_type == "overlay" && entry.target != scratch.staging &&
           ParseOverlayOptions(entry.fs_options).upper == scratch.upper;
  });
}

// A run that was killed between mounting and committing leaves the scratch, perhaps with a union in
// it.
Status RemoveLeftovers(const std::string& mountpoint, const Scratch& scratch,
                       const MountTable& table) {
  const MountEntry* entry = table.FindAt(mountpoint);
  if (entry == nullptr) return Ok();
  if (entry->source != kSource || WrittenByLiveOverlay(table, scratch))
    return Error(
        ErrorKind::kBusy, "scratch_in_use",
        mountpoint +
            " is in use by the composition that is mounted now; another set takes effect with "
            "the next boot");
  if (table.FindAt(scratch.staging) != nullptr)
    RETURN_IF_ERROR_CONTEXT(Unmount(scratch.staging), "remove what an interrupted run left");
  RETURN_IF_ERROR_CONTEXT(Unmount(mountpoint), "remove what an interrupted run left");
  return Ok();
}

}  // namespace

Scratch ScratchPaths(const Paths& paths) {
  return Scratch{.upper = JoinPath(paths.scratch, "upper"),
                 .work = JoinPath(paths.scratch, "work"),
                 .staging = JoinPath(paths.scratch, "union"),
                 .hidden = JoinPath(paths.scratch, "hidden")};
}

Result<Scratch> MountScratch(const Paths& paths, std::uint64_t size_mib, const MountTable& table,
                             MountUndo& undo) {
  const Scratch scratch = ScratchPaths(paths);
  RETURN_IF_ERROR(RemoveLeftovers(paths.scratch, scratch, table));
  RETURN_IF_ERROR(MakeDirectories(paths.scratch, 0755));

  ASSIGN_OR_RETURN(FsContext context, FsContext::Open("tmpfs"));
  RETURN_IF_ERROR(context.SetString("source", kSource));
  RETURN_IF_ERROR(context.SetString("size", std::to_string(size_mib) + "m"));
  RETURN_IF_ERROR(context.SetString("mode", "0755"));
  RETURN_IF_ERROR(context.Create());
  ASSIGN_OR_RETURN(const Fd mount, context.Mount(MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV));
  RETURN_IF_ERROR(AttachMount(mount, paths.scratch));
  RETURN_IF_ERROR(undo.RecordMount(paths.scratch));
  // The union is moved out of here at the end, which the kernel refuses below a shared mount.
  RETURN_IF_ERROR(MakePrivate(paths.scratch));
  for (const std::string& directory : {scratch.upper, scratch.work, scratch.staging})
    RETURN_IF_ERROR(MakeDirectories(directory, 0755));
  return scratch;
}

}  // namespace powernode::mount

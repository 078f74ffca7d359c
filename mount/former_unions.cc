#include "mount/former_unions.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <string>
#include <vector>

#include "agent/base/files.h"
#include "agent/base/lock_file.h"
#include "agent/base/syscalls.h"
#include "mount/mount_api.h"
#include "mount/mount_namespaces.h"
#include "mount/mount_table.h"
#include "mount/scratch.h"

namespace powernode::mount {
namespace {

constexpr std::chrono::milliseconds kLockPatience{10'000};

// Mounted layers that no union in `table` consists of.
Result<std::vector<std::string>> LayersOutside(const Paths& paths, const MountTable& table) {
  std::vector<std::string> layers;
  const Result<std::vector<std::string>> names = ListDirectory(paths.layers);
  if (!names && names.error().kind() == ErrorKind::kNotFound) return layers;
  if (!names) return names.error();
  for (const std::string& name : *names) {
    std::string layer = JoinPath(paths.layers, name);
    if (table.FindAt(layer) != nullptr && !table.UsedByOverlay(layer))
      layers.push_back(std::move(layer));
  }
  return layers;
}

// The compose lock is held: nothing is being built from them.
Result<std::size_t> ReleaseLayers(const Paths& paths) {
  ASSIGN_OR_RETURN(const MountTable own, MountTable::Read());
  ASSIGN_OR_RETURN(const std::vector<std::string> layers, LayersOutside(paths, own));
  if (layers.empty()) return std::size_t{0};
  ASSIGN_OR_RETURN(const std::vector<MountTable> tables, ReadEveryMountTable());
  std::size_t stay = 0;
  for (const std::string& layer : layers) {
    const bool used = std::ranges::any_of(
        tables, [&](const MountTable& table) { return table.UsedByOverlay(layer); });
    const Status unmounted = used ? Ok() : Unmount(layer);
    if (!unmounted && unmounted.error().system_errno() != EBUSY) return unmounted.error();
    if (used || !unmounted)
      ++stay;
    else
      (void)Rmdir(layer);
  }
  return stay;
}

}  // namespace

Result<std::size_t> ReleaseFormerScratches(const Paths& paths) {
  std::size_t stay = 0;
  ASSIGN_OR_RETURN(const MountTable table, MountTable::Read());
  for (const std::string& place : ScratchPlaces(paths)) {
    const MountEntry* entry = table.FindAt(place);
    if (entry == nullptr) continue;
    ASSIGN_OR_RETURN(const bool gone, UnmountScratch(place, table));
    if (gone && place != paths.scratch) (void)Rmdir(place);
    if (!gone && table.FindAt(ScratchAt(place).staging) != nullptr) ++stay;
  }
  return stay;
}

Result<Leftovers> ReleaseFormerUnions(const Paths& paths) {
  if (!Exists(paths.layers)) return Leftovers{};
  ASSIGN_OR_RETURN(const LockFile lock,
                   LockFile::Take(paths.compose_lock, "release former unions", kLockPatience));
  Leftovers left;
  ASSIGN_OR_RETURN(left.unions, ReleaseFormerScratches(paths));
  ASSIGN_OR_RETURN(left.layers, ReleaseLayers(paths));
  return left;
}

}  // namespace powernode::mount

#include "mount/union_place.h"

#include <algorithm>

#include "agent/base/files.h"
#include "mount/mount_api.h"

namespace powernode::mount {
namespace {

using SteadyClock = std::chrono::steady_clock;

Result<std::chrono::nanoseconds> ExchangeWithGap(const std::string& from, const std::string& place,
                                                 const std::string& aside) {
  const SteadyClock::time_point start = SteadyClock::now();
  RETURN_IF_ERROR(MoveMount(place, aside));
  Status moved = MoveMount(from, place);
  if (moved) return std::chrono::nanoseconds(SteadyClock::now() - start);
  if (Status back = MoveMount(aside, place); !back)
    return std::move(moved).error().AlsoFailed(back.error());
  return std::move(moved).error();
}

}  // namespace

bool IsUnionPlace(const MountTable& table, const std::string& directory) {
  return std::ranges::any_of(table.entries(), [&](const MountEntry& entry) {
    return entry.target == directory && entry.fs_type != "overlay";
  });
}

Status MakeUnionPlace(const std::string& directory) {
  RETURN_IF_ERROR(MakeDirectories(directory, 0755));
  ASSIGN_OR_RETURN(const MountTable table, MountTable::Read());
  if (IsUnionPlace(table, directory)) return Ok();
  if (table.FindAt(directory) != nullptr)
    return Error(ErrorKind::kBusy, "target_in_use",
                 directory +
                     " shows a union that an older agent mounted; another set takes effect with "
                     "the next boot");
  RETURN_IF_ERROR(BindOnItself(directory));
  return MakePrivate(directory);
}

Result<std::chrono::nanoseconds> ExchangeUnions(const KernelFeatures& features,
                                                const std::string& from, const std::string& place,
                                                const std::string& aside) {
  if (!features.mount_beneath) return ExchangeWithGap(from, place, aside);
  RETURN_IF_ERROR(MoveMountBeneath(from, place));
  // Upon the new union lies the former one, and its going uncovers what is complete.
  RETURN_IF_ERROR(MoveMount(place, aside));
  return std::chrono::nanoseconds(0);
}

}  // namespace powernode::mount

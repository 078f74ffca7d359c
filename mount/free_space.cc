#include "mount/free_space.h"

#include "agent/base/files.h"

namespace powernode::mount {
namespace {

constexpr std::uint64_t kMiB = 1024 * 1024;

std::string InMiB(std::uint64_t bytes) {
  return std::to_string(bytes / kMiB + (bytes % kMiB == 0 ? 0 : 1)) + " MiB";
}

}  // namespace

Status RequireFreeSpace(const std::string& directory, const std::string& store,
                        const SpaceNeed& need) {
  ASSIGN_OR_RETURN(const SpaceOnDisk disk, FreeSpace(directory));
  const std::uint64_t needed = need.missing + need.reserve + need.floor_bytes;
  if (disk.free_bytes >= needed) return Ok();
  return Error(
      ErrorKind::kNoSpace, "no_space",
      store + " is full: " + InMiB(need.missing) + " to fetch, " + InMiB(need.reserve) +
          " in reserve and the floor of " + InMiB(need.floor_bytes) + " (cache_floor_mib) need " +
          InMiB(needed) + ", free are " + std::to_string(disk.free_bytes / kMiB) + " of " +
          std::to_string(disk.total_bytes / kMiB) + " MiB; nothing that is needed was removed");
}

}  // namespace powernode::mount

#include "runtime/persist.h"

#include <sys/mount.h>
#include <sys/sysinfo.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "agent/base/files.h"
#include "agent/base/syscalls.h"
#include "mount/mount_table.h"

namespace powernode::runtime {
namespace {

constexpr unsigned long kFlags = MS_NODEV | MS_NOSUID;
constexpr std::uint64_t kMaxVolatileBytes = std::uint64_t{4} * 1024 * 1024 * 1024;

Status MountFilesystem(const BlockFilesystem& filesystem, const std::string& target,
                       unsigned long flags) {
  if (::mount(filesystem.device.c_str(), target.c_str(), filesystem.type.c_str(), flags, nullptr) <
      0)
    return SystemError("mount " + filesystem.device + " (" + filesystem.type + ") at " + target,
                       errno);
  return Ok();
}

bool IsMountPoint(const std::string& path) {
  const Result<struct stat> self = Lstat(path);
  const Result<struct stat> parent = Lstat(JoinPath(path, ".."));
  return self && parent && self->st_dev != parent->st_dev;
}

Persist Durable(const BlockFilesystem& filesystem) {
  return {.state = PersistState::kDurable, .device = filesystem.device, .detail = ""};
}

// Writable if possible, else read-only, else failed.
Persist MountChosen(const BlockFilesystem& filesystem, const std::string& target) {
  const Status writable = MountFilesystem(filesystem, target, kFlags);
  if (writable) return Durable(filesystem);
  const Status readable = MountFilesystem(filesystem, target, kFlags | MS_RDONLY);
  if (readable)
    return {.state = PersistState::kReadOnly,
            .device = filesystem.device,
            .detail = writable.error().message()};
  return {.state = PersistState::kFailed,
          .device = filesystem.device,
          .detail = writable.error().message()};
}

// Of several, the only one that already holds this node's identity.
std::vector<BlockFilesystem> HoldingIdentity(const std::vector<BlockFilesystem>& candidates,
                                             const std::string& target) {
  std::vector<BlockFilesystem> holding;
  for (const BlockFilesystem& candidate : candidates) {
    if (!MountFilesystem(candidate, target, kFlags | MS_RDONLY)) continue;
    if (Exists(Paths::Below("", target).pki + "/current")) holding.push_back(candidate);
    (void)::umount2(target.c_str(), UMOUNT_NOFOLLOW);
  }
  return holding;
}

Persist MountVolatile(const std::string& target, PersistState state, std::string detail) {
  struct sysinfo memory {};
  ::sysinfo(&memory);
  const std::uint64_t total = static_cast<std::uint64_t>(memory.totalram) * memory.mem_unit;
  const std::string options =
      "mode=0755,size=" + std::to_string(std::min(total / 4, kMaxVolatileBytes));
  if (::mount("persist", target.c_str(), "tmpfs", kFlags, options.c_str()) < 0) {
    detail += "; and no RAM file system: " + SystemError("mount tmpfs", errno).message();
    state = PersistState::kFailed;
  }
  return {.state = state, .device = "tmpfs", .detail = std::move(detail)};
}

}  // namespace

std::string_view PersistStateName(PersistState state) {
  switch (state) {
    case PersistState::kDurable:
      return "durable";
    case PersistState::kReadOnly:
      return "readonly";
    case PersistState::kVolatile:
      return "volatile";
    case PersistState::kFailed:
      return "failed";
  }
  return "failed";
}

std::vector<BlockFilesystem> MatchingFilesystems(const std::vector<BlockFilesystem>& all,
                                                 std::string_view wanted) {
  std::vector<BlockFilesystem> matching;
  for (const BlockFilesystem& filesystem : all) {
    const bool known =
        filesystem.type == "ext4" || filesystem.type == "btrfs" || filesystem.type == "f2fs";
    const bool named = wanted == "auto"               ? filesystem.label == "persist" && known
                       : wanted.starts_with("LABEL=") ? filesystem.label == wanted.substr(6)
                       : wanted.starts_with("UUID=")  ? filesystem.uuid == wanted.substr(5)
                                                      : filesystem.device == wanted;
    if (named) matching.push_back(filesystem);
  }
  return matching;
}

Persist FindAndMountPersist(const Paths& paths, const PersistRequest& request, Clock& clock,
                            std::stop_token stop) {
  const std::string& target = request.mount_point;
  if (Status made = MakeDirectories(target, 0755); !made)
    return {.state = PersistState::kFailed, .device = "", .detail = made.error().message()};
  if (IsMountPoint(target))
    return {.state = PersistState::kDurable, .device = target, .detail = ""};
  if (request.wanted == "tmpfs")
    return {.state = PersistState::kVolatile, .device = "", .detail = "as configured"};

  const auto deadline = clock.Monotonic() + request.patience;
  std::vector<BlockFilesystem> candidates;
  for (;;) {
    candidates = MatchingFilesystems(ScanBlockFilesystems(paths), request.wanted);
    if (!candidates.empty() || clock.Monotonic() >= deadline) break;
    if (!clock.Sleep(std::chrono::milliseconds(200), stop)) break;
  }
  if (candidates.empty())
    return {
        .state = PersistState::kVolatile,
        .device = "",
        .detail = "no persist file system (" +
                  (request.wanted == "auto" ? std::string("label \"persist\"") : request.wanted) +
                  ")"};
  if (candidates.size() > 1) {
    const std::size_t found = candidates.size();
    candidates = HoldingIdentity(candidates, target);
    if (candidates.size() != 1)
      return {.state = PersistState::kFailed,
              .device = "",
              .detail = "persist_ambiguous: " + std::to_string(found) + " file systems match and " +
                        std::to_string(candidates.size()) + " of them hold an identity"};
  }
  return MountChosen(candidates.front(), target);
}

Persist BringUpPersist(const Paths& paths, const PersistRequest& request, Clock& clock,
                       std::stop_token stop) {
  Persist found = FindAndMountPersist(paths, request, clock, stop);
  if (found.state == PersistState::kDurable || found.state == PersistState::kReadOnly) return found;
  found.detail += ": identity and cache are lost at power-off";
  return MountVolatile(request.mount_point, found.state, std::move(found.detail));
}

PersistState ObservePersist(const Paths& paths) {
  const Result<mount::MountTable> table = mount::MountTable::Read();
  const mount::MountEntry* entry = table ? table->FindAt(paths.persist) : nullptr;
  if (entry != nullptr && entry->fs_type == "tmpfs") return PersistState::kVolatile;
  std::string nearest = paths.state;
  while (!Exists(nearest) && nearest.size() > 1) nearest = DirectoryOf(nearest);
  return ::access(nearest.c_str(), W_OK) == 0 ? PersistState::kDurable : PersistState::kReadOnly;
}

std::uint64_t CacheFloorMib(std::uint64_t configured_mib, PersistState state) {
  constexpr std::uint64_t kVolatileMib = 16;
  return state == PersistState::kVolatile ? std::min(configured_mib, kVolatileMib) : configured_mib;
}

}  // namespace powernode::runtime

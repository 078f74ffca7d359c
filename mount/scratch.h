// The one writable file system of a composition: a tmpfs of its own with the overlay's upper and
// work directory (the kernel refuses two file systems, MO-2) and the private place where the union
// is built. Fresh for every composition: an upper directory with metacopy belongs to its lowers and
// to no others.
//
// It is mounted at $R/scratch; that of a union which replaces another at $R/scratch.1 and so on,
// whichever is free, since the former union keeps its own until nothing uses it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "agent/base/paths.h"
#include "agent/base/result.h"
#include "mount/mount_table.h"
#include "mount/mount_undo.h"

namespace powernode::mount {

struct Scratch {
  std::string mountpoint;
  std::string upper;
  std::string work;
  std::string staging;
  std::string hidden;  // what composefs modules hide (hidden_names.h), a directory each
};

// Where the parts are of one at `mountpoint`, mounted or not.
Scratch ScratchAt(const std::string& mountpoint);

// The mountpoints a scratch may have, $R/scratch first.
std::vector<std::string> ScratchPlaces(const Paths& paths);

// The scratch of ours that this overlay writes to; nullopt: it writes to something else.
std::optional<Scratch> ScratchOf(const Paths& paths, const MountEntry& overlay);

// Mounts one at `mountpoint`. What an earlier run left there uncommitted is removed first. kBusy
// "scratch_in_use": a live overlay writes to it.
Result<Scratch> MountScratch(const std::string& mountpoint, std::uint64_t size_mib,
                             const MountTable& table, MountUndo& undo);

// Unmounts a scratch of ours and the union that stands at its staging place, if there is one.
// false: a process still uses them, or a union at another place does; then they stay as they are.
Result<bool> UnmountScratch(const std::string& mountpoint, const MountTable& table);

}  // namespace powernode::mount

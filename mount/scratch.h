// The one writable file system of a composition: a tmpfs of its own at $R/scratch with the
// overlay's upper and work directory (the kernel refuses two file systems, MO-2) and the private
// place where the union is built. Fresh for every composition: an upper directory with metacopy
// belongs to its lowers and to no others.
#pragma once

#include <cstdint>
#include <string>

#include "agent/base/paths.h"
#include "agent/base/result.h"
#include "mount/mount_table.h"
#include "mount/mount_undo.h"

namespace powernode::mount {

struct Scratch {
  std::string upper;
  std::string work;
  std::string staging;
  std::string hidden;  // what composefs modules hide (hidden_names.h), a directory each
};

// Where its parts are, mounted or not.
Scratch ScratchPaths(const Paths& paths);

// What an earlier run left there uncommitted is removed first. kBusy "scratch_in_use": a live
// overlay writes to it.
Result<Scratch> MountScratch(const Paths& paths, std::uint64_t size_mib, const MountTable& table,
                             MountUndo& undo);

}  // namespace powernode::mount

// Garbage collection of the module store (node-files.md §11.4): blobs and objects that nothing
// refers to (store_references.h), oldest first, and downloads that nobody has gone on with for a
// week. What is unreferenced is worth keeping while there is room: the next version of a module
// shares files with it.
//
// Holds the store alone (StoreLease): kBusy "locked" while somebody pulls, and nothing is removed.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "agent/base/paths.h"
#include "agent/base/result.h"
#include "runtime/composition.h"

namespace powernode::runtime {

struct StoreLimits {
  std::uint64_t floor_mib = 0;   // free space to keep
  std::uint64_t budget_mib = 0;  // what the cache may take; 0: no limit
};

enum class Collect { kPlan, kRemove };

struct GcRequest {
  const Paths& paths;
  // Sets to keep beside the recorded ones. With limits, there has to be room for their images.
  std::span<const Composition> wanted = {};
  std::optional<StoreLimits> limits;  // only until they are met; nullopt: everything goes
  Collect collect = Collect::kRemove;
  std::string mount_table = "/proc/self/mountinfo";
};

struct Removable {
  std::string name;                // below the cache directory
  std::vector<std::string> paths;  // what to remove, in this order
  std::uint64_t bytes = 0;         // on the disk
  std::int64_t mtime = 0;          // seconds since 1970
};

struct GcOutcome {
  std::vector<Removable> removable;  // oldest first; all of them are gone after kRemove
  std::uint64_t bytes = 0;           // of them, on the disk
  std::optional<Error> kept_all;     // why every object stays
};

// An error: nothing was removed, or, when the disk fails, not everything. `now_unix`: seconds.
Result<GcOutcome> CollectGarbage(const GcRequest& request, std::int64_t now_unix);

}  // namespace powernode::runtime

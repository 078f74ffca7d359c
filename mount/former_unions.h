// What is left of unions that have been replaced, and of runs that were cut short: a scratch, the
// union that stands in it, and layers. They go when nothing uses them any more, never by force;
// what is in use stays and is looked at again the next time.
#pragma once

#include <cstddef>

#include "agent/base/paths.h"
#include "agent/base/result.h"

namespace powernode::mount {

struct Leftovers {
  std::size_t unions = 0;  // former ones that a process works in
  std::size_t layers = 0;  // no longer in the union, but in one that lives on somewhere
};

// Returns what has to stay. Takes $R/compose.lock. kBusy "locked"; kCannotTell
// "mount_table_unreadable": the layers were left alone.
Result<Leftovers> ReleaseFormerUnions(const Paths& paths);

// The same without layers and lock: for Compose, which holds it. Returns how many had to stay.
Result<std::size_t> ReleaseFormerScratches(const Paths& paths);

}  // namespace powernode::mount

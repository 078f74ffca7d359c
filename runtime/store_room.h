// The module store for one change of the set: room is made if it is short, and then nothing is
// collected until the lease is given back, which is when what came is referenced by a record or a
// mount.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "agent/base/paths.h"
#include "agent/base/result.h"
#include "mount/store_lease.h"
#include "runtime/store_gc.h"

namespace powernode::runtime {

struct StoreRoom {
  mount::StoreLease lease;
  // What had to go, and what was in the way of it; no reason not to pull.
  GcOutcome collected;
  std::optional<Error> problem;
};

// Once a pull has failed for lack of space, without limits: whatever is not needed goes. kBusy
// "locked" when a collection does not end.
Result<StoreRoom> MakeRoom(const GcRequest& request, std::string_view purpose,
                           std::int64_t now_unix);

// "removed 12 files that nothing needs, 34.5 MiB"
std::string CollectedText(const GcOutcome& collected);

}  // namespace powernode::runtime

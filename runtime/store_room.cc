#include "runtime/store_room.h"

#include <utility>

#include "runtime/module_set.h"

namespace powernode::runtime {

Result<StoreRoom> MakeRoom(const GcRequest& request, std::string_view purpose,
                           std::int64_t now_unix) {
  Result<GcOutcome> collected = CollectGarbage(request, now_unix);
  ASSIGN_OR_RETURN(mount::StoreLease lease, mount::StoreLease::ToPull(request.paths, purpose));
  StoreRoom room{.lease = std::move(lease), .collected = {}, .problem = {}};
  if (collected) {
    room.collected = *std::move(collected);
    room.problem = room.collected.kept_all;
  } else if (collected.error().code() != "locked" && collected.error().code() != "read_only") {
    room.problem = std::move(collected).error();
  }
  return room;
}

std::string CollectedText(const GcOutcome& collected) {
  return "removed " + std::to_string(collected.removable.size()) + " files that nothing needs, " +
         HumanSize(collected.bytes);
}

}  // namespace powernode::runtime

// What the control plane says about the profiles it does not run (node-api.md §22, "Stubs"):
// nothing to mount, nothing to connect, nothing configured; and what the first generation says
// where it breaks down (§5).
#include "tests/platform/routes.h"

namespace powernode::platform {

Answer NoStorageVolume(Call&) { return Success({{"storage_volume", nullptr}}); }
Answer NoStorageMigrations(Call&) { return List("storage_migrations", json::array()); }
Answer NoStorageAssignments(Call&) { return List("assignments", json::array()); }
Answer NoMountPoints(Call&) { return List("mount_points", json::array()); }

Answer NoNetworks(Call& call) {
  return Success({{"instance_id", call.node->id},
                  {"compiled_at", FormatTime(call.now)},
                  {"networks", json::array()},
                  {"constellations", json::array()},
                  {"vrf_assignments", json::array()},
                  {"host_bridges", json::array()},
                  {"ovn_control", nullptr}});
}

Answer NoRuntime(Call&) { return Failure(403, "Runtime is not configured", "FORBIDDEN"); }

Answer NoPuppetManifest(Call&) {
  return Success({{"manifest", ""}, {"modules_count", 0}, {"resources_count", 0}});
}

Answer BreakDown(Call& call) {
  call.blameless = true;
  return Failure(500, "Internal server error", "INTERNAL_ERROR");
}

Answer IgnoreReport(Call&) { return Success(json::object()); }

Answer NoBootImage(Call&) { return Failure(404, "No boot image is published", "NOT_FOUND"); }

}  // namespace powernode::platform

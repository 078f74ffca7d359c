#include "runtime/node_policy.h"

#include <algorithm>
#include <utility>

#include "agent/base/files.h"
#include "agent/base/state_file.h"

namespace powernode::runtime {
namespace {

constexpr std::size_t kMaxFloors = 4096;

StateFile FloorsFile(const Paths& paths) {
  return {.path = JoinPath(paths.agent_state, "revisions.json"),
          .format = "powernode-revisions",
          .version = 1};
}

}  // namespace

Result<verify::RevisionFloors> ReadRevisionFloors(const Paths& paths) {
  Result<std::optional<Json>> state = ReadState(FloorsFile(paths));
  if (!state && state.error().kind() == ErrorKind::kRefuted) {
    RETURN_IF_ERROR(SetAside(FloorsFile(paths)));
    return verify::RevisionFloors();
  }
  if (!state) return std::move(state).error();
  verify::RevisionFloors floors;
  const Json* modules = *state ? GetObject(**state, "modules") : nullptr;
  if (modules == nullptr) return floors;
  for (const auto& [module_id, revision] : modules->items())
    if (revision.is_number_unsigned() && floors.size() < kMaxFloors)
      floors[module_id] = revision.get<std::uint64_t>();
  return floors;
}

Status RaiseRevisionFloors(const Paths& paths, const Composition& composition) {
  ASSIGN_OR_RETURN(verify::RevisionFloors floors, ReadRevisionFloors(paths));
  for (const ComposedModule& module : composition.modules)
    if (module.signed_revision > 0)
      floors[module.id] = std::max(floors[module.id], module.signed_revision);
  if (floors.empty()) return Ok();
  Json modules = Json::object();
  for (const auto& [module_id, revision] : floors) modules[module_id] = revision;
  return WriteState(FloorsFile(paths), {{"modules", std::move(modules)}});
}

verify::LoadedPolicy LoadNodePolicy(const Paths& paths, const Settings& settings) {
  verify::LoadedPolicy loaded = verify::LoadPolicy(paths.image_policy, paths.image_trust);
  if (settings.verify) loaded.policy.mode = *settings.verify;
  if (settings.verity) loaded.policy.verity = *settings.verity;
  Result<verify::RevisionFloors> floors = ReadRevisionFloors(paths);
  if (floors)
    loaded.policy.RaiseFloors(*floors);
  else
    loaded.problems.push_back(std::move(floors).error().WithContext("read the revision floors"));
  return loaded;
}

}  // namespace powernode::runtime

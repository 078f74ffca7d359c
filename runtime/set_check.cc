#include "runtime/set_check.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "mount/kernel_features.h"
#include "mount/stored_objects.h"
#include "runtime/image_objects.h"
#include "runtime/module_set.h"
#include "runtime/node_policy.h"

namespace powernode::runtime {
namespace {

std::vector<std::string> Names(const std::vector<mount::NeededObject>& objects) {
  std::vector<std::string> names;
  for (const mount::NeededObject& object : objects) names.push_back(object.digest.ToString());
  return names;
}

// What the boot counts and names the first of, one by one.
Status ListObjectProblems(const Paths& paths, verify::VerityMode verity, Clock& clock,
                          std::stop_token stop, ModuleCheck& check) {
  ASSIGN_OR_RETURN(const verify::BlobDigest digest, verify::BlobDigest::Parse(check.digest));
  ASSIGN_OR_RETURN(std::optional<std::vector<mount::NeededObject>> needed,
                   ObjectsOfImage(paths, digest));
  if (!needed) return Ok();
  const mount::ObjectStore store(paths.objects);
  std::sort(needed->begin(), needed->end());
  ASSIGN_OR_RETURN(const std::vector<mount::NeededObject> missing, store.Missing(*needed));
  std::vector<mount::NeededObject> stored;
  std::set_difference(needed->begin(), needed->end(), missing.begin(), missing.end(),
                      std::back_inserter(stored));
  ASSIGN_OR_RETURN(const mount::StoredObjects looked_at,
                   mount::CheckStoredObjects(store, stored, verity, clock, std::move(stop)));
  check.missing_objects = Names(missing);
  check.damaged_objects = Names(looked_at.damaged);
  return Ok();
}

}  // namespace

bool SetCheck::bootable() const {
  return !problem && std::none_of(modules.begin(), modules.end(), [](const ModuleCheck& module) {
    return module.problem.has_value();
  });
}

SetCheck CheckStoredSet(const Paths& paths, const Settings& settings, Composition& composition,
                        Clock& clock, std::stop_token stop) {
  ModuleSupply supply(paths, LoadNodePolicy(paths, settings, clock.UnixSeconds()).policy, 0,
                      nullptr, clock);
  SetCheck check;
  std::vector<mount::LayerRequest> layers;
  for (ComposedModule& module : composition.modules) {
    ModuleCheck& checked = check.modules.emplace_back(
        ModuleCheck{.id = module.id, .name = module.name, .digest = module.digest});
    Composition one{.modules = {module}, .source = composition.source};
    Result<std::vector<mount::LayerRequest>> proven =
        ProveModules(one, supply, Network::kForbid, stop, [](const ModuleProven&) {});
    if (proven) {
      module = std::move(one.modules.front());
      std::move(proven->begin(), proven->end(), std::back_inserter(layers));
      continue;
    }
    checked.problem = std::move(proven).error();
    if (checked.problem->code() != "objects_not_stored" &&
        checked.problem->code() != "object_damaged")
      continue;
    if (Status listed = ListObjectProblems(paths, supply.verity(), clock, stop, checked); !listed)
      checked.problem = std::move(*checked.problem).AlsoFailed(listed.error());
  }
  if (!check.bootable()) return check;
  if (Status mountable = mount::CheckLayers(paths, mount::ProbeKernelFeatures(), layers,
                                            VerityFor(composition, supply.verity()));
      !mountable)
    check.problem = std::move(mountable).error();
  return check;
}

}  // namespace powernode::runtime

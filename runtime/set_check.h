// Would this node boot a stored set? By the boot's own parts: every image and object is taken out
// of the store and proven under the policy in force, and the kernel is asked for what mounting
// needs. Unlike a boot it goes on after the first problem. Fetches nothing, mounts nothing.
#pragma once

#include <stop_token>
#include <string>
#include <vector>

#include "agent/base/clock.h"
#include "agent/base/paths.h"
#include "agent/base/result.h"
#include "runtime/composition.h"
#include "runtime/settings.h"

namespace powernode::runtime {

struct ModuleCheck {
  std::string id;
  std::string name;
  std::string digest;
  std::optional<Error> problem;
  std::vector<std::string> missing_objects;  // digests
  std::vector<std::string> damaged_objects;
};

struct SetCheck {
  std::vector<ModuleCheck> modules;
  std::optional<Error> problem;  // of the set as a whole, once each module is right

  bool bootable() const;
};

// Fills in what proving fills in (module_set.h).
SetCheck CheckStoredSet(const Paths& paths, const Settings& settings, Composition& composition,
                        Clock& clock, std::stop_token stop);

}  // namespace powernode::runtime

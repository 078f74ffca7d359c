// The units of a whole composition, from its stored manifests: what boots from the last known good
// set brings the same services up as the live answer did. One bad service spoils only itself.
#pragma once

#include <string>
#include <vector>

#include "runtime/composition.h"
#include "runtime/unit_file.h"

namespace powernode::runtime {

struct ModuleUnits {
  std::vector<UnitFile> units;
  std::vector<std::string>
      refused;  // services that were not rendered, and why: the set is incomplete
  std::vector<std::string> notes;  // oddities of the manifests that changed nothing
};

// `root_directory`: see UnitContext.
ModuleUnits RenderModuleUnits(const Composition& composition, const std::string& root_directory);

}  // namespace powernode::runtime

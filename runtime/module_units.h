// The units of a whole composition, from its stored manifests: what boots from the last known good
// set brings the same services up as the live answer did. One bad service spoils only itself.
#pragma once

#include <string>
#include <vector>

#include "runtime/composition.h"
#include "runtime/unit_file.h"

namespace powernode::runtime {

struct UnitFinding {
  std::string code;
  std::string subject;  // "module nginx"
  std::string detail;
};

struct ModuleUnits {
  std::vector<UnitFile> units;  // of each module in the order in which they start
  std::vector<std::string>
      refused;  // services that were not rendered, and why: the set is incomplete
  std::vector<std::string> notes;     // oddities of the manifests that changed nothing
  std::vector<UnitFinding> findings;  // refused, or asked for and not enforced: each once a module
};

ModuleUnits RenderModuleUnits(const Composition& composition, const UnitSurroundings& surroundings);

}  // namespace powernode::runtime

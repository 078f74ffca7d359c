// The directory of generated units, kept equal to what the composition's manifests say. Only files
// with our marker are overwritten or removed (P6); a file of the same name without it is left alone
// and reported.
#pragma once

#include <string>
#include <vector>

#include "agent/base/paths.h"
#include "agent/base/result.h"
#include "runtime/unit_file.h"

namespace powernode::runtime {

struct UnitChanges {
  std::vector<std::string> added;    // unit names
  std::vector<std::string> changed;  // the text differs: restart that unit
  std::vector<std::string> removed;
  std::vector<std::string> findings;

  bool empty() const { return added.empty() && changed.empty() && removed.empty(); }
};

// What SyncUnits would do; reads only.
Result<UnitChanges> PlanUnits(const Paths& paths, const std::vector<UnitFile>& wanted);

// Writes and removes; each unit gets its link in multi-user.target.wants.
Result<UnitChanges> SyncUnits(const Paths& paths, const std::vector<UnitFile>& wanted);

// Names of the units there that carry our marker.
Result<std::vector<std::string>> ListOwnUnits(const Paths& paths);

}  // namespace powernode::runtime

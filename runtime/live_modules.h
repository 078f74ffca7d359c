// Which modules are really part of the live root or union: what the mount table says, not what a
// file remembers (MO-1). Anything that cannot be proven is not reported.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "agent/base/paths.h"
#include "agent/base/result.h"
#include "mount/enforcement.h"
#include "runtime/breadcrumb.h"

namespace powernode::runtime {

struct LiveModules {
  std::vector<std::string> ids;      // in the live overlay
  std::vector<std::string> missing;  // composed according to the breadcrumb, but not there
  std::map<std::string, mount::Enforcement> enforcement;  // of each in `ids`, as the kernel says
};

// kCannotTell when the mount table cannot be read.
Result<LiveModules> FindLiveModules(const Paths& paths, const Breadcrumb& breadcrumb);

// Where a module's layer is mounted: $R/layers/<first 32 hex digits of the blob's SHA-256>.
std::string LayerMountPoint(const Paths& paths, const ComposedModule& module);

}  // namespace powernode::runtime

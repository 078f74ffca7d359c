// Which modules are really part of the live root or union: what the mount table says, not what a
// file remembers (MO-1). Anything that cannot be proven is not reported.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "agent/base/paths.h"
#include "agent/base/result.h"
#include "mount/enforcement.h"
#include "runtime/breadcrumb.h"

namespace powernode::runtime {

// One module of the live union, as the kernel sees it.
struct LiveLayer {
  mount::Enforcement enforcement = mount::Enforcement::kWhenStored;
  std::string fsverity_measured;  // "sha256:<hex>", what the kernel holds the image to; empty: none
  std::optional<int> mount_id;    // of the layer, in the mount table
  std::size_t position = 0;       // in the union; 1 is the lowest

  bool operator==(const LiveLayer&) const = default;
};

struct LiveModules {
  std::vector<std::string> ids;             // in the live overlay
  std::vector<std::string> missing;         // composed according to the breadcrumb, but not there
  std::map<std::string, LiveLayer> layers;  // of each in `ids`
};

// kCannotTell when the mount table cannot be read.
Result<LiveModules> FindLiveModules(const Paths& paths, const Breadcrumb& breadcrumb);

// Where a module's layer is mounted: $R/layers/<first 32 hex digits of the blob's SHA-256>.
std::string LayerMountPoint(const Paths& paths, const ComposedModule& module);

}  // namespace powernode::runtime

// Host mode: the modules' union beside the running root ($R/union), and the services that live in
// it.
//
// A change is a new union: the module units stop, the old union goes, the new one is composed, the
// units start. When the new one cannot be composed the old set is composed again, so that a failed
// change ends where it began. (A change without a gap needs MOVE_MOUNT_BENEATH and comes later.)
#pragma once

#include <functional>
#include <stop_token>
#include <string>
#include <vector>

#include "agent/base/clock.h"
#include "agent/base/paths.h"
#include "agent/base/result.h"
#include "mount/kernel_features.h"
#include "runtime/breadcrumb.h"
#include "runtime/module_set.h"
#include "runtime/module_supply.h"
#include "runtime/systemd.h"

namespace powernode::runtime {

struct HostUnionContext {
  const Paths& paths;
  const mount::KernelFeatures& features;
  ModuleSupply& supply;
  Systemd* systemd;  // nullptr: no service manager serves this root, units are only written
  std::uint64_t scratch_mib;
  Clock& clock;
};

// What stands at $R/union of this boot; nullopt when nothing does.
Result<std::optional<Breadcrumb>> RunningUnion(const Paths& paths);

// The code of the error when somebody works in the union, so that it cannot be unmounted.
inline constexpr std::string_view kMountInUse = "mount_in_use";

// Makes `wanted` the running set. The images have been proven before anything running is touched.
// Returns the breadcrumb that was written.
Result<Breadcrumb> ApplyHostUnion(const HostUnionContext& context, Composition wanted,
                                  Network network, std::stop_token stop);

// Stops the units and unmounts union, scratch and layers; what is not mounted is fine.
Status RemoveHostUnion(const HostUnionContext& context);

}  // namespace powernode::runtime

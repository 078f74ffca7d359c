// Host mode: the modules' union beside the running root ($R/union), and the services that live in
// it.
//
// A change builds the new union beside the old one, stops the units of the modules that change,
// exchanges the unions (mount/union_place.h), and starts those units again; every other unit runs
// on, in the union it was started in. A unit that ran before and does not come back takes the whole
// change back.
#pragma once

#include <chrono>
#include <optional>
#include <stop_token>
#include <string>

#include "agent/base/clock.h"
#include "agent/base/paths.h"
#include "agent/base/result.h"
#include "mount/kernel_features.h"
#include "runtime/breadcrumb.h"
#include "runtime/module_set.h"
#include "runtime/module_supply.h"
#include "runtime/systemd.h"
#include "runtime/unit_surroundings.h"

namespace powernode::runtime {

struct HostUnionContext {
  const Paths& paths;
  const mount::KernelFeatures& features;
  ModuleSupply& supply;
  Systemd* systemd;  // nullptr: no service manager serves this root, units are only written
  std::uint64_t scratch_mib;
  Clock& clock;
  std::optional<verify::TrustMode> verify = {};  // see HostSurroundings
};

// Of the units of host mode's modules: whoever renders them, for a plan or for a change, must do it
// alike. `verify`: the setting.
UnitSurroundings HostSurroundings(const Paths& paths, std::optional<verify::TrustMode> verify);

// What stands at $R/union of this boot; nullopt when nothing does.
Result<std::optional<Breadcrumb>> RunningUnion(const Paths& paths);

struct HostChange {
  Breadcrumb breadcrumb;            // as it was written
  std::chrono::nanoseconds gap{0};  // how long there was no union; zero from Linux 6.5 on
};

// Makes `wanted` the running set. The images have been proven before anything running is touched.
// "unit_did_not_come_back" and other errors after that name the former set as being back.
Result<HostChange> ApplyHostUnion(const HostUnionContext& context, Composition wanted,
                                  Network network, std::stop_token stop);

}  // namespace powernode::runtime

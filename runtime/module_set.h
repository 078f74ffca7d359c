// A composition's images and their objects, brought here and proven: what Compose() mounts. All or
// nothing: a set of which one image cannot be proven is not a set.
#pragma once

#include <functional>
#include <stop_token>
#include <string>
#include <vector>

#include "agent/base/result.h"
#include "mount/compose.h"
#include "runtime/composition.h"
#include "runtime/module_supply.h"

namespace powernode::runtime {

struct ModuleProven {
  const ComposedModule& module;
  const verify::VerifiedImage& image;
  const mount::CompleteObjects* objects;  // of a composefs image, else nullptr
};

// Fills in size, proof and signed revision of each module as proven. Errors are the supply's, with
// the module's name in front.
Result<std::vector<mount::LayerRequest>> ProveModules(
    Composition& composition, ModuleSupply& supply, Network network, std::stop_token stop,
    const std::function<void(const ModuleProven&)>& on_proven);

// What Compose() is to insist on: a set that has proved itself boots without the kernel's hold, too
// (node-files.md §11.3).
verify::VerityMode VerityFor(const Composition& composition, verify::VerityMode policy);

// Notes for each module who holds its bytes.
void RecordEnforcement(const std::vector<mount::ComposedLayer>& layers, Composition& composition);

// "12.3 MiB".
std::string HumanSize(std::uint64_t bytes);

}  // namespace powernode::runtime

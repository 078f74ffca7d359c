// What the platform last said about each module ($S/manifests/<id>.json, node-files.md §5.3,
// node-api.md §10.5): asked for when the platform answers the list and not the manifest, and never
// for another digest than the one that is wanted. The platform is always asked first.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "agent/base/paths.h"
#include "agent/base/result.h"
#include "enroll/module_view.h"
#include "runtime/composition.h"

namespace powernode::runtime {

// `digest`: "sha256:<hex>". nullopt: nothing usable is known about that image.
std::optional<enroll::ModuleView> CachedManifest(const Paths& paths, const std::string& id,
                                                 const std::string& digest);

// Keeps the manifests of `set` and no others; what has not changed is not written again.
Status CacheManifests(const Paths& paths, const Composition& set, std::int64_t now_unix);

}  // namespace powernode::runtime

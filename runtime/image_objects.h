// The objects that a stored module image names.
#pragma once

#include <optional>
#include <vector>

#include "agent/base/paths.h"
#include "agent/base/result.h"
#include "mount/object_store.h"
#include "verify/blob_digest.h"

namespace powernode::runtime {

// Nothing about the image is proven. nullopt: not a composefs image, or not in the store.
Result<std::optional<std::vector<mount::NeededObject>>> ObjectsOfImage(
    const Paths& paths, const verify::BlobDigest& blob);

}  // namespace powernode::runtime

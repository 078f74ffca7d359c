// Writes a tree as a composefs image, byte for byte what mkcomposefs 1.0.8 writes (spec "composefs
// image", sections 4 to 9). The output depends on nothing but the tree and the wanted versions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>

#include "agent/base/result.h"
#include "mount/composefs/tree.h"

namespace powernode::mount::composefs {

// Section 4: the lowest version that can say what the tree holds, within these bounds.
struct FormatVersions {
  int min = 0;
  int max = 1;
};

struct WrittenImage {
  int version = 0;         // 0 or 1
  std::uint64_t size = 0;  // bytes, a multiple of 4096
};

// The image's bytes in order, in pieces of any size.
using ImageSink = std::function<Status(std::span<const std::byte>)>;

// Rewrites `tree` on the way (section 5), so it is consumed. kInvalid "bad_tree" when it cannot be
// expressed; "bad_version" for bounds outside 0..1; and the sink's errors.
Result<WrittenImage> WriteImage(Tree tree, FormatVersions versions, const ImageSink& sink);

}  // namespace powernode::mount::composefs

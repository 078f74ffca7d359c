// Makes of a tree what an image shows the kernel (spec "composefs image", sections 4 and 5): the
// overlay's attributes, whiteouts that the mount does not act upon, and the names of the object
// directories hidden.
#pragma once

#include "agent/base/result.h"
#include "mount/composefs/image_writer.h"
#include "mount/composefs/tree.h"

namespace powernode::mount::composefs {

// The format version. kInvalid "bad_version"; "bad_tree" when an attribute space overflows.
Result<int> RewriteForImage(Tree& tree, FormatVersions versions);

}  // namespace powernode::mount::composefs

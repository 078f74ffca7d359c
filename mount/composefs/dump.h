// The text form of a tree: a line a file (spec "composefs image", section 2). What
// mkcomposefs 1.0.8 refuses is refused, and so is what it tolerates and should not (section 15).
#pragma once

#include <string>
#include <string_view>

#include "agent/base/result.h"
#include "mount/composefs/tree.h"

namespace powernode::mount::composefs {

// kInvalid "bad_dump": "line 12: the content has 5 bytes, SIZE says 6".
Result<Tree> ReadDump(std::string_view text);

// Depth-first, each directory before its children, names in byte order; ReadDump of it gives the
// same image.
std::string WriteDump(const Tree& tree);

}  // namespace powernode::mount::composefs

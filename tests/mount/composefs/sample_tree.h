// Trees for tests: a small one with something of everything, and random ones.
#pragma once

#include <cstdint>
#include <string>

#include "mount/composefs/tree.h"

namespace powernode::testing {

// A dump of regular files (in the image, external and empty), a symlink, hard links before and
// after their targets, a device, a fifo, whiteouts, shared and own attributes, an ACL; with the 256
// names that an image hides in its root taken, so that the image is as small as can be.
std::string SampleDump();

// The same for the same seed.
mount::composefs::Tree RandomTree(std::uint32_t seed);

}  // namespace powernode::testing

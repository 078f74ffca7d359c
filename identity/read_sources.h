// Asks the sources, highest first, and no more of them than need be: one that mounts something is
// skipped when those before it say all, since what it says could not count.
#pragma once

#include <vector>

#include "identity/source.h"

namespace powernode::identity {

// In the order they rank for the merge: the command's flags, the table of sources, agent.conf and
// the image, the stored identity when its certificate cannot be used, and last the clouds, which
// are asked only when all the others leave something open and no stored certificate can be used. At
// most 30 s without the clouds (I5).
std::vector<Reading> ReadSources(const SourceContext& context);

}  // namespace powernode::identity

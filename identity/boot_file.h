// Identity from identity.cfg on the boot partition: the /boot that is mounted, else the partition
// itself, mounted read-only for the moment of reading (node-files.md §2.5).
#pragma once

#include "identity/record.h"
#include "identity/source.h"

namespace powernode::identity {

Record ReadBootFile(const SourceContext& context);

}  // namespace powernode::identity

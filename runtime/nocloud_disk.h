// The NoCloud seed disk: the FAT or ISO 9660 file system labelled cidata, in either case.
#pragma once

#include <vector>

#include "agent/base/paths.h"
#include "identity/source.h"
#include "runtime/persist.h"

namespace powernode::runtime {

// nullptr when there is none. The result points into `all`.
const BlockFilesystem* ChooseNoCloudDisk(const std::vector<BlockFilesystem>& all);

// For SourceContext::nocloud_disk. kNotFound "no_seed_disk".
identity::DiskReader NoCloudDiskOf(const Paths& paths);

}  // namespace powernode::runtime

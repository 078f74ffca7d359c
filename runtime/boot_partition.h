// The boot partition, looked at for the moment it takes (node-files.md §2.5): the FAT file system
// labelled BOOT, else the EFI system partition by its type, else the first FAT file system.
#pragma once

#include <vector>

#include "agent/base/paths.h"
#include "identity/source.h"
#include "runtime/persist.h"

namespace powernode::runtime {

// nullptr when none of them is FAT. The result points into `all`.
const BlockFilesystem* ChooseBootPartition(const std::vector<BlockFilesystem>& all);

// For SourceContext::boot_partition. kNotFound "no_boot_partition".
identity::DiskReader BootPartitionOf(const Paths& paths);

}  // namespace powernode::runtime

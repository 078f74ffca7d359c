// Where a union can be exchanged for another while it is used: a directory that is a private mount
// point of its own, so that the union upon it may be moved away and nothing is propagated to the
// mount namespaces of services.
//
// The exchange leaves no instant without a union where the kernel can slide one mount beneath
// another (Linux 6.5). Before, two moves follow each other, and whoever opens a file between them
// finds an empty directory; how long that was is measured and told.
#pragma once

#include <chrono>
#include <string>

#include "agent/base/result.h"
#include "mount/kernel_features.h"
#include "mount/mount_table.h"

namespace powernode::mount {

// Makes `directory`, which exists and bears nothing, such a place; once is enough for a boot.
// kBusy "target_in_use": a union is mounted there that cannot be exchanged.
Status MakeUnionPlace(const std::string& directory);

bool IsUnionPlace(const MountTable& table, const std::string& directory);

// The union at `from` takes the place of the one at `place`, which goes to the directory `aside`;
// both stay mounted, and who has files open in the latter keeps them. The parents of all three are
// private. Returns how long nothing was there. On error the former union is in its place.
Result<std::chrono::nanoseconds> ExchangeUnions(const KernelFeatures& features,
                                                const std::string& from, const std::string& place,
                                                const std::string& aside);

}  // namespace powernode::mount

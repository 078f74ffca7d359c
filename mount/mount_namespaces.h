// The mount tables of all mount namespaces: a union that was replaced may live on as the root of a
// service that was not restarted, which only that service's own table tells.
#pragma once

#include <string>
#include <vector>

#include "agent/base/result.h"
#include "mount/mount_table.h"

namespace powernode::mount {

// One table for each mount namespace that a process lives in. kCannotTell "mount_table_unreadable"
// when one cannot be read although its process lives: then nothing is known to be unused (MO-8).
Result<std::vector<MountTable>> ReadEveryMountTable(const std::string& proc = "/proc");

}  // namespace powernode::mount

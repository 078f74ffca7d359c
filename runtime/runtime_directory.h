// $R, the agent's directory of this boot (node-files.md §4): a tmpfs of its own, because the /run
// that some initramfs generators make is noexec for the whole uptime (BO-23), and a copy of this
// executable on it, so that the root image need not contain the agent.
#pragma once

#include "agent/base/paths.h"
#include "agent/base/result.h"

namespace powernode::runtime {

// Makes $R and mounts the tmpfs (nosuid, nodev, exec) unless one is there.
Status MountRuntimeDirectory(const Paths& paths);

// Makes $R without a mount of its own: where /run is already the running system's.
Status MakeRuntimeDirectory(const Paths& paths);

// Copies /proc/self/exe to $R/bin/powernode-agent (0755, by rename, so that a running copy is not
// touched).
Status InstallRunBinary(const Paths& paths);

}  // namespace powernode::runtime

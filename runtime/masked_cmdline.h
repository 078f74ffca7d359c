// The bootstrap token on the kernel command line, hidden once it has done its work (node-files.md
// §2.8): a copy without it is bind-mounted over /proc/cmdline, which every user can read. The mount
// moves with /proc into the composed root, and is gone with the next boot.
//
// The kernel's own log still has the line as it was; that needs CAP_SYSLOG where dmesg_restrict is
// on. And where a file of /proc is covered, the kernel lets no unprivileged user namespace mount a
// /proc of its own, as rootless containers do (mount_too_revealing, fs/namespace.c): a node that
// runs such takes its token from another source, and nothing is mounted.
#pragma once

#include "agent/base/paths.h"
#include "agent/base/result.h"

namespace powernode::runtime {

// Does nothing when there is no token to be seen. Error: "cmdline_not_masked".
Status MaskTokenOnCommandLine(const Paths& paths);

}  // namespace powernode::runtime

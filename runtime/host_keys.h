// The SSH host keys of a node whose root is composed anew at each boot: its own, kept on the
// persist file system, never a module's (ID-12, node-files.md §12.3).
#pragma once

#include <string>

#include "agent/base/result.h"

namespace powernode::runtime {

// At boot: the kept keys are put into the new root; a first one is made (ECDSA P-256) when there is
// none. Keys that a module brought are removed, and returned as a text of names. A root without
// /etc/ssh is left alone.
Result<std::string> InstallHostKeys(const std::string& root, const std::string& persist);

// On the running system: keys that something made since (ssh-keygen -A) are kept, too.
Status KeepHostKeys(const std::string& root, const std::string& persist);

}  // namespace powernode::runtime

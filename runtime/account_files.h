// Brings the accounts of a composition's manifests into the account files of a root (node-files.md
// §12.3), under the lock that shadow's and systemd's own programs take. Only ever adds: what the
// base modules or the operator have there stays, on a running system and in a fresh root alike.
#pragma once

#include <string>
#include <vector>

#include "runtime/composition.h"

namespace powernode::runtime {

// Returns what was refused or could not be done. A composition that wants no accounts touches
// nothing.
std::vector<std::string> MergeAccounts(const std::string& root, const Composition& composition);

}  // namespace powernode::runtime

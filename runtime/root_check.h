// Can this composed root be switched into? (node-files.md §9.3, stage 10.) Looked at before the
// switch, while there is still another candidate to try: afterwards there is only a panic.
#pragma once

#include <string>

#include "agent/base/result.h"

namespace powernode::runtime {

// Init exists (links followed inside the root) and is an ELF program for this machine; the
// directories the switch needs are there or are made; a missing /sbin becomes the link `usr/sbin`,
// an existing one is never touched (BO-19). kRefused "root_not_bootable".
Status CheckRoot(const std::string& root);

}  // namespace powernode::runtime

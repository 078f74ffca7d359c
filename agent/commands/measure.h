// `verify --measure [--threads N] PATH...`: fs-verity digests, one line a file, in the form that
// `fsverity digest` prints. Where the kernel enforces fs-verity on a file, the kernel's digest.
#pragma once

#include <cstddef>
#include <stop_token>
#include <string>
#include <vector>

#include "agent/commands/outcome.h"

namespace powernode::commands {

struct MeasureFlags {
  std::vector<std::string> paths;
  std::size_t threads = 1;
};

// Tries every path; the first that cannot be measured decides the exit code, and stderr names all.
// A file that is shortened while it is read ends the process (exit code 12, with a message).
// A POWERNODE_CPU that cannot be obeyed is an error here, since a person asked for it.
Outcome MeasureFiles(const MeasureFlags& flags, std::stop_token stop);

}  // namespace powernode::commands

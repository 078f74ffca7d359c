// `pack --to-dump` and `pack --compare`: what an image holds, and what two do not share. The bytes
// are hostile; an image that is none, or damaged, is exit code 2.
#pragma once

#include <string>

#include "agent/commands/outcome.h"

namespace powernode::commands {

// The dump on standard output.
Outcome DumpImage(const std::string& image);

// Exit code 0 when both hold the same tree, 2 when not: then every path that differs is listed,
// and how many objects only one of them needs.
Outcome CompareImages(const std::string& other, const std::string& image);

}  // namespace powernode::commands

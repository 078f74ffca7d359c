// `introspect --store [--check]`: what the module store holds and how much room it has, and, with
// --check, whether each file's bytes are those of its name.
#pragma once

#include "agent/commands/command.h"

namespace powernode::commands {

enum class StoreBytes { kCount, kCheck };

// With kCheck: exit code 2 when a file is damaged, 12 when one could not be read.
Outcome IntrospectStore(const Context& context, StoreBytes bytes);

}  // namespace powernode::commands

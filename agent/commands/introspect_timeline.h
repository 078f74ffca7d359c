// `introspect --timeline [--svg FILE]`: the stages of this boot and how long each took.
#pragma once

#include <string>

#include "agent/commands/command.h"

namespace powernode::commands {

// `svg`: where the drawing goes; empty: nowhere. Exit code 12 when no boot has noted its stages.
Outcome IntrospectTimeline(const Context& context, const std::string& svg);

}  // namespace powernode::commands

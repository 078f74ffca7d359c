// What `introspect` says to people: a few lines about the same object that --json prints.
#pragma once

#include <string>

#include "agent/base/json.h"

namespace powernode::commands {

std::string IntrospectText(const Json& details);

}  // namespace powernode::commands

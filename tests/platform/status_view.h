// The control plane's view of its nodes: as JSON for tests, and from that JSON as tables for
// people.
#pragma once

#include <string>

#include "tests/platform/state.h"

namespace powernode::platform {

json StatusView(State& state);
std::string StatusText(const json& status);

}  // namespace powernode::platform

// What the contract asks of every request whatever its route (node-api.md §1.2, §1.3): headers that
// must be there, headers that must never be, and size limits. Breaking one is a complaint; only a
// body above its cap is refused.
#pragma once

#include "tests/platform/call.h"
#include "tests/platform/routes.h"

namespace powernode::platform {

void CheckManners(Call& call, const Route& route);

}  // namespace powernode::platform

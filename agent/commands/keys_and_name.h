// What `sync` does beside `update`: who may log in, and what this node is called.
#pragma once

#include <memory>
#include <stop_token>

#include "agent/commands/command.h"
#include "runtime/shared_platform.h"

namespace powernode::commands {

// One round of the service's own loop for both. What is amiss is added to `outcome`, which is then
// partial.
void FollowKeysAndName(const Context& context, std::shared_ptr<runtime::JoinedPlatform> joined,
                       std::stop_token stop, Outcome& outcome);

}  // namespace powernode::commands

// What `sync` does beside `update`: who may log in, and what this node is called.
#pragma once

#include <stop_token>

#include "agent/commands/command.h"

namespace powernode::commands {

// One round of the service's own loop for both. What is amiss is added to `outcome`, which is then
// partial; without a certificate nothing is done, as the reconcile before has said why.
void FollowKeysAndName(const Context& context, std::stop_token stop, Outcome& outcome);

}  // namespace powernode::commands

// Instance tokens of the first generation (node-api.md §2.1, step 2): JSON web tokens (RFC 7519)
// signed with HMAC-SHA-256 by a key that follows from the state's secret, so that they outlive a
// restart and nothing is stored for them.
#pragma once

#include <string>
#include <string_view>

#include "agent/base/result.h"
#include "tests/platform/state.h"

namespace powernode::platform {

std::string IssueBearer(const State& state, const std::string& instance_id);

// The instance that the token names. kRefused with the 401's text as the message: "Invalid instance
// token" (form, signature, issuer, audience, age) or "Invalid token type".
Result<std::string> ReadBearer(const State& state, std::string_view token);

}  // namespace powernode::platform

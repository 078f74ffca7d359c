// A digest as the platform writes it (node-api.md §3.2, T9).
#pragma once

#include <string>
#include <string_view>

#include "agent/base/result.h"

namespace powernode::enroll {

// "sha256:<64 hex>" or 64 hex in any case -> 64 lower-case hex. kInvalid "digest_unsupported".
Result<std::string> ParseDigest(std::string_view text);

}  // namespace powernode::enroll

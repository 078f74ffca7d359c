// Idempotency keys (node-api.md §4): the answer of a POST is kept for a day and given again to the
// same key with the same body; the same key with another body is a conflict.
#pragma once

#include <optional>

#include "tests/platform/call.h"

namespace powernode::platform {

std::optional<Answer> ReplayAnswer(Call& call);
void KeepAnswer(Call& call, const Answer& answer);

}  // namespace powernode::platform

// Says what an incomplete identity lacks, in words an operator can act on.
#pragma once

#include <optional>
#include <span>

#include "agent/base/error.h"
#include "identity/merge.h"

namespace powernode::identity {

// nullopt when the draft is complete. The first part that is missing decides the code; the message
// names it, every place that was looked at with what was there, and where it can be put.
std::optional<Error> WhatIsMissing(const Draft& draft, std::span<const Reading> readings);

}  // namespace powernode::identity

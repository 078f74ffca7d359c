// JSON as a signature may be written in (signatures.md, section 1): UTF-8 without a byte order
// mark, one value, whose root is an object, no member name twice in one object, at most 32 levels.
// Stricter than agent/base/json.h, because two readers of one signed text must not see two
// meanings.
#pragma once

#include <cstddef>
#include <string_view>

#include "agent/base/json.h"
#include "agent/base/result.h"

namespace powernode::verify::sigstore {

// The largest bundle, trusted root, or manifest that is read.
inline constexpr std::size_t kMaxDocument = 1024 * 1024;

// At most kMaxDocument bytes. kRefuted, stage "parse"; the message says at which byte.
Result<Json> ParseStrictJson(std::string_view text);

}  // namespace powernode::verify::sigstore

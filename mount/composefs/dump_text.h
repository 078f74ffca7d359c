// Arbitrary bytes in a dump's fields, and its numbers (spec "composefs image", sections 2.1, 2.2).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "agent/base/result.h"

namespace powernode::mount::composefs {

// kInvalid "bad_dump": what is wrong with the escape.
Result<std::string> UnescapeDump(std::string_view text);

enum class EqualsSign { kPlain, kEscaped };  // escaped inside attributes

void AppendEscaped(std::string& out, std::string_view bytes, EqualsSign equals);

// Digits of base 8 or 10 and nothing else, without overflow.
std::optional<std::uint64_t> DumpNumber(std::string_view text, unsigned base = 10);

}  // namespace powernode::mount::composefs

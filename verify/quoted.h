// How much of a text from outside a message of this room repeats.
#pragma once

#include <cstddef>

namespace powernode::verify {

inline constexpr std::size_t kQuotedAtMost = 100;  // bytes

}  // namespace powernode::verify

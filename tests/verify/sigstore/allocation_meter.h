// The largest piece of memory that was asked for since the last reset: what a parser of hostile
// bytes promises is a bound on it. Needs AddressSanitizer, which every build of a fuzz target has.
#pragma once

#include <cstddef>

namespace powernode::testing {

void ResetLargestAllocation();
std::size_t LargestAllocation();

}  // namespace powernode::testing

// The largest piece of memory that was asked for, in programs that link allocation_meter.cc: what a
// parser of hostile bytes promises is a bound on it.
#pragma once

#include <cstddef>

namespace powernode::testing {

void ResetLargestAllocation();
std::size_t LargestAllocation();

}  // namespace powernode::testing

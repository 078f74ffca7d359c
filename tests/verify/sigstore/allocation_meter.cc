#include "tests/verify/sigstore/allocation_meter.h"

#include <cstdlib>
#include <new>

namespace {

constinit std::size_t largest = 0;

}  // namespace

// Replaces the program's allocation functions; the sanitizers still see malloc and free.
void* operator new(std::size_t size) {
  if (size > largest) largest = size;
  if (void* memory = std::malloc(size == 0 ? 1 : size)) return memory;
  std::abort();
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

namespace powernode::testing {

void ResetLargestAllocation() { largest = 0; }
std::size_t LargestAllocation() { return largest; }

}  // namespace powernode::testing

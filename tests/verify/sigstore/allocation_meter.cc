#include "tests/verify/sigstore/allocation_meter.h"

#include <cstdlib>

// Of sanitizer/allocator_interface.h, which not every compiler brings along.
extern "C" int __sanitizer_install_malloc_and_free_hooks(void (*allocated)(const volatile void*,
                                                                           std::size_t),
                                                         void (*freed)(const volatile void*));

namespace powernode::testing {
namespace {

constinit std::size_t largest = 0;

void OnAllocation(const volatile void*, std::size_t size) {
  if (size > largest) largest = size;
}

void OnFree(const volatile void*) {}

}  // namespace

void ResetLargestAllocation() {
  static const int installed = __sanitizer_install_malloc_and_free_hooks(OnAllocation, OnFree);
  if (installed == 0) std::abort();  // a meter that does not measure proves nothing
  largest = 0;
}

std::size_t LargestAllocation() { return largest; }

}  // namespace powernode::testing

#include "verify/cpu_features.h"

#if defined(__x86_64__)
#include <cpuid.h>
#elif defined(__aarch64__)
#include <asm/hwcap.h>
#include <sys/auxv.h>
#endif

namespace powernode::verify {

#if defined(__x86_64__)
namespace {

// XCR0: the register states that the kernel saves and restores.
constexpr unsigned kYmmState = 0x06;  // SSE, AVX
constexpr unsigned kZmmState = 0xe6;  // and opmask, upper halves, upper registers

unsigned EnabledStates() {
  unsigned low = 0;
  unsigned high = 0;
  __asm__("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return low;
}

}  // namespace

CpuFeatures DetectCpu() {
  unsigned a = 0;
  unsigned b = 0;
  unsigned c = 0;
  unsigned d = 0;
  if (__get_cpuid(1, &a, &b, &c, &d) == 0) return {};
  const bool sse = (c & bit_SSSE3) != 0 && (c & bit_SSE4_1) != 0;
  const unsigned states = (c & bit_OSXSAVE) != 0 ? EnabledStates() : 0;
  if (__get_cpuid_count(7, 0, &a, &b, &c, &d) == 0) return {};
  const bool ymm = (states & kYmmState) == kYmmState;
  const bool zmm = (states & kZmmState) == kZmmState;
  return {
      .sha_ni = sse && (b & bit_SHA) != 0,
      .avx2 = ymm && (b & bit_AVX2) != 0,
      .avx512 = zmm && (b & bit_AVX512F) != 0 && (b & bit_AVX512BW) != 0,
  };
}

#elif defined(__aarch64__)

CpuFeatures DetectCpu() { return {.armv8_sha2 = (::getauxval(AT_HWCAP) & HWCAP_SHA2) != 0}; }

#else

CpuFeatures DetectCpu() { return {}; }

#endif

}  // namespace powernode::verify

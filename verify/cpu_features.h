// Which SHA-256 instructions this processor has and this kernel lets programs use: a vector
// register that the kernel does not save on a context switch counts as absent (XGETBV on x86-64,
// AT_HWCAP on arm64).
#pragma once

namespace powernode::verify {

struct CpuFeatures {
  bool sha_ni = false;  // SHA extensions, with SSSE3 and SSE4.1
  bool avx2 = false;
  bool avx512 = false;      // AVX-512 F and BW
  bool armv8_sha2 = false;  // SHA-256 of the ARMv8 cryptographic extension
};

CpuFeatures DetectCpu();

}  // namespace powernode::verify

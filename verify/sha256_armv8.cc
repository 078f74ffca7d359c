// SHA-256 with the ARMv8 cryptographic extension. Four rounds take two instructions whose results
// the next two wait for; a second message fills that wait.

#include <arm_neon.h>

#include "verify/sha256_kernels.h"

namespace powernode::verify {
namespace {

template <std::size_t lanes>
[[gnu::always_inline]] inline void Compress(Sha256State* states, const std::byte* const* data,
                                            std::size_t blocks) {
  uint32x4_t abcd[lanes];
  uint32x4_t efgh[lanes];
  for (std::size_t lane = 0; lane < lanes; ++lane) {
    abcd[lane] = vld1q_u32(states[lane].words);
    efgh[lane] = vld1q_u32(states[lane].words + 4);
  }

  for (std::size_t block = 0; block < blocks; ++block) {
    uint32x4_t w[lanes][4];
    uint32x4_t abcd_before[lanes];
    uint32x4_t efgh_before[lanes];
    for (std::size_t lane = 0; lane < lanes; ++lane) {
      abcd_before[lane] = abcd[lane];
      efgh_before[lane] = efgh[lane];
      const auto* message =
          reinterpret_cast<const std::uint8_t*>(data[lane] + block * kSha256BlockBytes);
      for (std::size_t i = 0; i < 4; ++i)
        w[lane][i] = vreinterpretq_u32_u8(vrev32q_u8(vld1q_u8(message + 16 * i)));
    }
#pragma GCC unroll 16
    for (std::size_t four = 0; four < 16; ++four) {
      const uint32x4_t constants = vld1q_u32(kSha256Constants + 4 * four);
      for (std::size_t lane = 0; lane < lanes; ++lane) {
        uint32x4_t(&m)[4] = w[lane];
        const uint32x4_t now = m[four % 4];
        const uint32x4_t keyed = vaddq_u32(now, constants);
        const uint32x4_t abcd_now = abcd[lane];
        abcd[lane] = vsha256hq_u32(abcd_now, efgh[lane], keyed);
        efgh[lane] = vsha256h2q_u32(efgh[lane], abcd_now, keyed);
        if (four >= 12) continue;  // the schedule is 16 rounds ahead
        m[four % 4] = vsha256su1q_u32(vsha256su0q_u32(now, m[(four + 1) % 4]), m[(four + 2) % 4],
                                      m[(four + 3) % 4]);
      }
    }
    for (std::size_t lane = 0; lane < lanes; ++lane) {
      abcd[lane] = vaddq_u32(abcd[lane], abcd_before[lane]);
      efgh[lane] = vaddq_u32(efgh[lane], efgh_before[lane]);
    }
  }

  for (std::size_t lane = 0; lane < lanes; ++lane) {
    vst1q_u32(states[lane].words, abcd[lane]);
    vst1q_u32(states[lane].words + 4, efgh[lane]);
  }
}

}  // namespace

void CompressArmv8(Sha256State* states, const std::byte* const* data, std::size_t blocks) {
  Compress<1>(states, data, blocks);
}

void CompressArmv8Pair(Sha256State* states, const std::byte* const* data, std::size_t blocks) {
  Compress<2>(states, data, blocks);
}

}  // namespace powernode::verify

// SHA-256 with the SHA extensions of x86-64. Two rounds take one instruction whose result the next
// one waits for; a second message fills that wait.
//
// The instructions keep the eight words as two registers, ABEF and CDGH (highest word first).

#include <immintrin.h>

#include "verify/sha256_kernels.h"

namespace powernode::verify {
namespace {

template <std::size_t lanes>
[[gnu::always_inline]] inline void Compress(Sha256State* states, const std::byte* const* data,
                                            std::size_t blocks) {
  const __m128i swap = _mm_set_epi8(12, 13, 14, 15, 8, 9, 10, 11, 4, 5, 6, 7, 0, 1, 2, 3);
  __m128i abef[lanes];
  __m128i cdgh[lanes];
  for (std::size_t lane = 0; lane < lanes; ++lane) {
    const auto* words = reinterpret_cast<const __m128i*>(states[lane].words);
    const __m128i cdab = _mm_shuffle_epi32(_mm_loadu_si128(words), 0xb1);
    const __m128i efgh = _mm_shuffle_epi32(_mm_loadu_si128(words + 1), 0x1b);
    abef[lane] = _mm_alignr_epi8(cdab, efgh, 8);
    cdgh[lane] = _mm_blend_epi16(efgh, cdab, 0xf0);
  }

  for (std::size_t block = 0; block < blocks; ++block) {
    __m128i w[lanes][4];
    __m128i abef_before[lanes];
    __m128i cdgh_before[lanes];
    for (std::size_t lane = 0; lane < lanes; ++lane) {
      abef_before[lane] = abef[lane];
      cdgh_before[lane] = cdgh[lane];
      const auto* message =
          reinterpret_cast<const __m128i*>(data[lane] + block * kSha256BlockBytes);
      for (std::size_t i = 0; i < 4; ++i)
        w[lane][i] = _mm_shuffle_epi8(_mm_loadu_si128(message + i), swap);
    }
#pragma GCC unroll 16
    for (std::size_t four = 0; four < 16; ++four) {
      const __m128i constants =
          _mm_load_si128(reinterpret_cast<const __m128i*>(kSha256Constants) + four);
      for (std::size_t lane = 0; lane < lanes; ++lane) {
        __m128i(&m)[4] = w[lane];
        const __m128i now = m[four % 4];
        const __m128i keyed = _mm_add_epi32(now, constants);
        cdgh[lane] = _mm_sha256rnds2_epu32(cdgh[lane], abef[lane], keyed);
        abef[lane] = _mm_sha256rnds2_epu32(abef[lane], cdgh[lane], _mm_shuffle_epi32(keyed, 0x0e));
        if (four >= 12) continue;  // the schedule is 16 rounds ahead
        const __m128i last = m[(four + 3) % 4];
        const __m128i nine = _mm_alignr_epi8(last, m[(four + 2) % 4], 4);
        m[four % 4] = _mm_sha256msg2_epu32(
            _mm_add_epi32(_mm_sha256msg1_epu32(now, m[(four + 1) % 4]), nine), last);
      }
    }
    for (std::size_t lane = 0; lane < lanes; ++lane) {
      abef[lane] = _mm_add_epi32(abef[lane], abef_before[lane]);
      cdgh[lane] = _mm_add_epi32(cdgh[lane], cdgh_before[lane]);
    }
  }

  for (std::size_t lane = 0; lane < lanes; ++lane) {
    auto* words = reinterpret_cast<__m128i*>(states[lane].words);
    const __m128i feba = _mm_shuffle_epi32(abef[lane], 0x1b);
    const __m128i dchg = _mm_shuffle_epi32(cdgh[lane], 0xb1);
    _mm_storeu_si128(words, _mm_blend_epi16(feba, dchg, 0xf0));
    _mm_storeu_si128(words + 1, _mm_alignr_epi8(dchg, feba, 8));
  }
}

}  // namespace

void CompressShaNi(Sha256State* states, const std::byte* const* data, std::size_t blocks) {
  Compress<1>(states, data, blocks);
}

void CompressShaNiPair(Sha256State* states, const std::byte* const* data, std::size_t blocks) {
  Compress<2>(states, data, blocks);
}

}  // namespace powernode::verify

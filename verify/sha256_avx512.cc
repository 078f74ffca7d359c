// SHA-256 of sixteen messages at once: a 512-bit register holds one word of each. AVX-512 rotates
// in one instruction and has every function of three bits in another.

#if !defined(__clang__)  // GCC 12 takes its own headers' "undefined" operands for mistakes
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif
#include <immintrin.h>

#include "verify/sha256_kernels.h"
#include "verify/sha256_rounds.h"

namespace powernode::verify {
namespace {

struct Avx512 {
  using Vector = __m512i;
  static constexpr std::size_t kLanes = 16;

  POWERNODE_INLINE Vector Splat(std::uint32_t word) {
    return _mm512_set1_epi32(static_cast<int>(word));
  }
  POWERNODE_INLINE Vector Load(const std::uint32_t* words) { return _mm512_load_si512(words); }
  POWERNODE_INLINE void Store(std::uint32_t* words, Vector v) { _mm512_store_si512(words, v); }
  POWERNODE_INLINE Vector Add(Vector a, Vector b) { return _mm512_add_epi32(a, b); }
  template <int n>
  POWERNODE_INLINE Vector Rotate(Vector v) {
    return _mm512_ror_epi32(v, n);
  }
  template <int n>
  POWERNODE_INLINE Vector Shift(Vector v) {
    return _mm512_srli_epi32(v, n);
  }
  // The constants are the functions' truth tables.
  POWERNODE_INLINE Vector Xor3(Vector a, Vector b, Vector c) {
    return _mm512_ternarylogic_epi32(a, b, c, 0x96);
  }
  POWERNODE_INLINE Vector Choose(Vector e, Vector f, Vector g) {
    return _mm512_ternarylogic_epi32(e, f, g, 0xca);
  }
  POWERNODE_INLINE Vector Majority(Vector a, Vector b, Vector c) {
    return _mm512_ternarylogic_epi32(a, b, c, 0xe8);
  }

  // A 16 x 16 transposition of words: 4 x 4 within 128-bit quarters, then of the quarters.
  POWERNODE_INLINE void LoadMessage(const std::byte* const* data, std::size_t offset,
                                    Vector (&w)[16]) {
    const Vector swap =
        _mm512_broadcast_i32x4(_mm_set_epi8(12, 13, 14, 15, 8, 9, 10, 11, 4, 5, 6, 7, 0, 1, 2, 3));
    Vector quads[16];  // quads[4 * i + j]: words j, 4 + j, 8 + j, 12 + j of lanes 4i..4i+3
    for (std::size_t i = 0; i < 4; ++i) {
      Vector rows[4];
      for (std::size_t lane = 0; lane < 4; ++lane)
        rows[lane] = _mm512_shuffle_epi8(_mm512_loadu_si512(data[4 * i + lane] + offset), swap);
      const Vector low01 = _mm512_unpacklo_epi32(rows[0], rows[1]);
      const Vector high01 = _mm512_unpackhi_epi32(rows[0], rows[1]);
      const Vector low23 = _mm512_unpacklo_epi32(rows[2], rows[3]);
      const Vector high23 = _mm512_unpackhi_epi32(rows[2], rows[3]);
      quads[4 * i] = _mm512_unpacklo_epi64(low01, low23);
      quads[4 * i + 1] = _mm512_unpackhi_epi64(low01, low23);
      quads[4 * i + 2] = _mm512_unpacklo_epi64(high01, high23);
      quads[4 * i + 3] = _mm512_unpackhi_epi64(high01, high23);
    }
    for (std::size_t j = 0; j < 4; ++j) {
      const Vector a = _mm512_shuffle_i32x4(quads[j], quads[4 + j], 0x44);
      const Vector b = _mm512_shuffle_i32x4(quads[j], quads[4 + j], 0xee);
      const Vector c = _mm512_shuffle_i32x4(quads[8 + j], quads[12 + j], 0x44);
      const Vector d = _mm512_shuffle_i32x4(quads[8 + j], quads[12 + j], 0xee);
      w[j] = _mm512_shuffle_i32x4(a, c, 0x88);
      w[4 + j] = _mm512_shuffle_i32x4(a, c, 0xdd);
      w[8 + j] = _mm512_shuffle_i32x4(b, d, 0x88);
      w[12 + j] = _mm512_shuffle_i32x4(b, d, 0xdd);
    }
  }
};

}  // namespace

void CompressAvx512(Sha256State* states, const std::byte* const* data, std::size_t blocks) {
  Sha256Rounds<Avx512>::Compress(states, data, blocks);
}

}  // namespace powernode::verify

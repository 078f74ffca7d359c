// SHA-256 of eight messages at once: a 256-bit register holds one word of each.

#include <immintrin.h>

#include "verify/sha256_kernels.h"
#include "verify/sha256_rounds.h"

namespace powernode::verify {
namespace {

struct Avx2 {
  using Vector = __m256i;
  static constexpr std::size_t kLanes = 8;

  POWERNODE_INLINE Vector Splat(std::uint32_t word) {
    return _mm256_set1_epi32(static_cast<int>(word));
  }
  POWERNODE_INLINE Vector Load(const std::uint32_t* words) {
    return _mm256_load_si256(reinterpret_cast<const __m256i*>(words));
  }
  POWERNODE_INLINE void Store(std::uint32_t* words, Vector v) {
    _mm256_store_si256(reinterpret_cast<__m256i*>(words), v);
  }
  POWERNODE_INLINE Vector Add(Vector a, Vector b) { return _mm256_add_epi32(a, b); }
  template <int n>
  POWERNODE_INLINE Vector Rotate(Vector v) {
    return _mm256_or_si256(_mm256_srli_epi32(v, n), _mm256_slli_epi32(v, 32 - n));
  }
  template <int n>
  POWERNODE_INLINE Vector Shift(Vector v) {
    return _mm256_srli_epi32(v, n);
  }
  POWERNODE_INLINE Vector Xor3(Vector a, Vector b, Vector c) {
    return _mm256_xor_si256(_mm256_xor_si256(a, b), c);
  }
  POWERNODE_INLINE Vector Choose(Vector e, Vector f, Vector g) {
    return _mm256_xor_si256(g, _mm256_and_si256(e, _mm256_xor_si256(f, g)));
  }
  // a ^ b is the next round's b ^ c: one exclusive or less than the usual form.
  POWERNODE_INLINE Vector Majority(Vector a, Vector b, Vector c) {
    return _mm256_xor_si256(b, _mm256_and_si256(_mm256_xor_si256(a, b), _mm256_xor_si256(b, c)));
  }

  // An 8 x 8 transposition of words for each half of the lanes' 64 bytes.
  POWERNODE_INLINE void LoadMessage(const std::byte* const* data, std::size_t offset,
                                    Vector (&w)[16]) {
    const Vector swap = _mm256_broadcastsi128_si256(
        _mm_set_epi8(12, 13, 14, 15, 8, 9, 10, 11, 4, 5, 6, 7, 0, 1, 2, 3));
    for (std::size_t half = 0; half < 2; ++half) {
      Vector quads[8];  // quads[4 * i + j]: words j and 4 + j of lanes 4i..4i+3
      for (std::size_t i = 0; i < 2; ++i) {
        Vector rows[4];
        for (std::size_t lane = 0; lane < 4; ++lane)
          rows[lane] = _mm256_shuffle_epi8(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(
                                               data[4 * i + lane] + offset + 32 * half)),
                                           swap);
        const Vector low01 = _mm256_unpacklo_epi32(rows[0], rows[1]);
        const Vector high01 = _mm256_unpackhi_epi32(rows[0], rows[1]);
        const Vector low23 = _mm256_unpacklo_epi32(rows[2], rows[3]);
        const Vector high23 = _mm256_unpackhi_epi32(rows[2], rows[3]);
        quads[4 * i] = _mm256_unpacklo_epi64(low01, low23);
        quads[4 * i + 1] = _mm256_unpackhi_epi64(low01, low23);
        quads[4 * i + 2] = _mm256_unpacklo_epi64(high01, high23);
        quads[4 * i + 3] = _mm256_unpackhi_epi64(high01, high23);
      }
      for (std::size_t j = 0; j < 4; ++j) {
        w[8 * half + j] = _mm256_permute2x128_si256(quads[j], quads[4 + j], 0x20);
        w[8 * half + 4 + j] = _mm256_permute2x128_si256(quads[j], quads[4 + j], 0x31);
      }
    }
  }
};

}  // namespace

void CompressAvx2(Sha256State* states, const std::byte* const* data, std::size_t blocks) {
  Sha256Rounds<Avx2>::Compress(states, data, blocks);
}

}  // namespace powernode::verify

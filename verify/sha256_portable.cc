// SHA-256 in plain C++: one lane, for processors with nothing better, and the other kernels' check.

#include "verify/sha256_kernels.h"
#include "verify/sha256_rounds.h"

namespace powernode::verify {
namespace {

struct Scalar {
  using Vector = std::uint32_t;
  static constexpr std::size_t kLanes = 1;

  POWERNODE_INLINE Vector Splat(std::uint32_t word) { return word; }
  POWERNODE_INLINE Vector Load(const std::uint32_t* words) { return *words; }
  POWERNODE_INLINE void Store(std::uint32_t* words, Vector v) { *words = v; }
  POWERNODE_INLINE Vector Add(Vector a, Vector b) { return a + b; }
  template <int n>
  POWERNODE_INLINE Vector Rotate(Vector v) {
    return (v >> n) | (v << (32 - n));
  }
  template <int n>
  POWERNODE_INLINE Vector Shift(Vector v) {
    return v >> n;
  }
  POWERNODE_INLINE Vector Xor3(Vector a, Vector b, Vector c) { return a ^ b ^ c; }
  POWERNODE_INLINE Vector Choose(Vector e, Vector f, Vector g) { return g ^ (e & (f ^ g)); }
  // a ^ b is the next round's b ^ c: one exclusive or less than the usual form.
  POWERNODE_INLINE Vector Majority(Vector a, Vector b, Vector c) { return b ^ ((a ^ b) & (b ^ c)); }

  POWERNODE_INLINE void LoadMessage(const std::byte* const* data, std::size_t offset,
                                    Vector (&w)[16]) {
    for (std::size_t i = 0; i < 16; ++i) {
      const std::byte* at = data[0] + offset + 4 * i;
      w[i] = static_cast<Vector>(at[0]) << 24 | static_cast<Vector>(at[1]) << 16 |
             static_cast<Vector>(at[2]) << 8 | static_cast<Vector>(at[3]);
    }
  }
};

}  // namespace

void CompressPortable(Sha256State* states, const std::byte* const* data, std::size_t blocks) {
  Sha256Rounds<Scalar>::Compress(states, data, blocks);
}

}  // namespace powernode::verify

// SHA-256's rounds written once, over a vector of one word per lane. An instruction set (Isa) gives
//
//   Vector, kLanes
//   Splat(word), Load(words), Store(words, vector)           aligned; one word per lane
//   LoadMessage(data, vectors)                               64 bytes a lane, transposed,
//   big-endian Add, Xor, Rotate<n>, Shift<n>, Xor3, Choose, Majority
//
// Everything is local to the file that includes this: two files compiled for different processors
// must not share a function.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>

#include "verify/sha256_kernels.h"

namespace powernode::verify {
namespace {

#define POWERNODE_INLINE [[gnu::always_inline]] static inline

template <class Isa>
struct Sha256Rounds {
  using Vector = typename Isa::Vector;

  // Round t of 16: the state's names rotate instead of its words, and w[t] is replaced in place.
  template <std::size_t t, bool first>
  POWERNODE_INLINE void Round(Vector (&s)[8], Vector (&w)[16], const std::uint32_t* constants) {
    if constexpr (!first) w[t] = Expand<t>(w);
    const Vector& a = s[(0 - t) & 7];
    const Vector& b = s[(1 - t) & 7];
    const Vector& c = s[(2 - t) & 7];
    Vector& d = s[(3 - t) & 7];
    const Vector& e = s[(4 - t) & 7];
    const Vector& f = s[(5 - t) & 7];
    const Vector& g = s[(6 - t) & 7];
    Vector& h = s[(7 - t) & 7];
    const Vector sum1 = Isa::Xor3(Isa::template Rotate<6>(e), Isa::template Rotate<11>(e),
                                  Isa::template Rotate<25>(e));
    const Vector sum0 = Isa::Xor3(Isa::template Rotate<2>(a), Isa::template Rotate<13>(a),
                                  Isa::template Rotate<22>(a));
    const Vector keyed = Isa::Add(h, Isa::Add(w[t], Isa::Splat(constants[t])));
    const Vector t1 = Isa::Add(Isa::Add(keyed, Isa::Choose(e, f, g)), sum1);
    d = Isa::Add(d, t1);
    h = Isa::Add(Isa::Add(t1, Isa::Majority(a, b, c)), sum0);
  }

  // The message schedule: the word 16 after w[t].
  template <std::size_t t>
  POWERNODE_INLINE Vector Expand(const Vector (&w)[16]) {
    const Vector& w1 = w[(t + 1) & 15];
    const Vector& w14 = w[(t + 14) & 15];
    const Vector sigma0 = Isa::Xor3(Isa::template Rotate<7>(w1), Isa::template Rotate<18>(w1),
                                    Isa::template Shift<3>(w1));
    const Vector sigma1 = Isa::Xor3(Isa::template Rotate<17>(w14), Isa::template Rotate<19>(w14),
                                    Isa::template Shift<10>(w14));
    return Isa::Add(Isa::Add(w[t], sigma0), Isa::Add(w[(t + 9) & 15], sigma1));
  }

  template <bool first, std::size_t... t>
  POWERNODE_INLINE void Sixteen(Vector (&s)[8], Vector (&w)[16], const std::uint32_t* constants,
                                std::index_sequence<t...>) {
    (Round<t, first>(s, w, constants), ...);
  }

  POWERNODE_INLINE void Compress(Sha256State* states, const std::byte* const* data,
                                 std::size_t blocks) {
    alignas(64) std::uint32_t words[8][Isa::kLanes];
    for (std::size_t lane = 0; lane < Isa::kLanes; ++lane)
      for (std::size_t i = 0; i < 8; ++i) words[i][lane] = states[lane].words[i];
    Vector state[8];
    for (std::size_t i = 0; i < 8; ++i) state[i] = Isa::Load(words[i]);

    for (std::size_t block = 0; block < blocks; ++block) {
      Vector w[16];
      Isa::LoadMessage(data, block * kSha256BlockBytes, w);
      Vector s[8];
      for (std::size_t i = 0; i < 8; ++i) s[i] = state[i];
      constexpr std::make_index_sequence<16> kRounds;
      Sixteen<true>(s, w, kSha256Constants, kRounds);
      for (std::size_t t = 16; t < 64; t += 16) Sixteen<false>(s, w, kSha256Constants + t, kRounds);
      for (std::size_t i = 0; i < 8; ++i) state[i] = Isa::Add(state[i], s[i]);
    }

    for (std::size_t i = 0; i < 8; ++i) Isa::Store(words[i], state[i]);
    for (std::size_t lane = 0; lane < Isa::kLanes; ++lane)
      for (std::size_t i = 0; i < 8; ++i) states[lane].words[i] = words[i][lane];
  }
};

}  // namespace
}  // namespace powernode::verify

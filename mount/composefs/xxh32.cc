#include "mount/composefs/xxh32.h"

#include <array>
#include <bit>

namespace powernode::mount::composefs {
namespace {

constexpr std::uint32_t kPrime1 = 2654435761;
constexpr std::uint32_t kPrime2 = 2246822519;
constexpr std::uint32_t kPrime3 = 3266489917;
constexpr std::uint32_t kPrime4 = 668265263;
constexpr std::uint32_t kPrime5 = 374761393;

std::uint32_t ByteAt(std::string_view bytes, std::size_t at) {
  return static_cast<unsigned char>(bytes[at]);
}

std::uint32_t TakeWord(std::string_view& bytes) {
  const std::uint32_t word =
      ByteAt(bytes, 0) | ByteAt(bytes, 1) << 8 | ByteAt(bytes, 2) << 16 | ByteAt(bytes, 3) << 24;
  bytes.remove_prefix(4);
  return word;
}

std::uint32_t HashStripes(std::string_view& bytes, std::uint32_t seed) {
  std::array<std::uint32_t, 4> lanes = {seed + kPrime1 + kPrime2, seed + kPrime2, seed,
                                        seed - kPrime1};
  while (bytes.size() >= 16)
    for (std::uint32_t& lane : lanes)
      lane = std::rotl(lane + TakeWord(bytes) * kPrime2, 13) * kPrime1;
  return std::rotl(lanes[0], 1) + std::rotl(lanes[1], 7) + std::rotl(lanes[2], 12) +
         std::rotl(lanes[3], 18);
}

}  // namespace

std::uint32_t Xxh32(std::string_view bytes, std::uint32_t seed) {
  const std::uint32_t length = static_cast<std::uint32_t>(bytes.size());
  std::uint32_t hash = length >= 16 ? HashStripes(bytes, seed) : seed + kPrime5;
  hash += length;
  while (bytes.size() >= 4) hash = std::rotl(hash + TakeWord(bytes) * kPrime3, 17) * kPrime4;
  for (std::size_t i = 0; i < bytes.size(); ++i)
    hash = std::rotl(hash + ByteAt(bytes, i) * kPrime5, 11) * kPrime1;
  hash ^= hash >> 15;
  hash *= kPrime2;
  hash ^= hash >> 13;
  hash *= kPrime3;
  return hash ^ hash >> 16;
}

}  // namespace powernode::mount::composefs

// Good material with one bit flipped is good no more, except in places that nobody signs and no
// rule reads. Here a sample of each case's bits, the same in every run; with
// POWERNODE_BIT_FLIPS=all every bit, with POWERNODE_BIT_FLIPS=<case id> every bit of one case.
#include <doctest/doctest.h>

#include <cstdlib>
#include <map>
#include <random>

#include "tests/verify/sigstore/survivable.h"
#include "tests/verify/sigstore/vector_case.h"

namespace powernode::verify::sigstore::bit_flip_test {
namespace {

constexpr std::size_t kSample = 24;

std::vector<std::size_t> BitsOf(const testing::VectorCase& vector) {
  const char* wanted = std::getenv("POWERNODE_BIT_FLIPS");
  const std::size_t count = vector.material.size() * 8;
  std::vector<std::size_t> bits;
  if (wanted == nullptr) {
    std::minstd_rand random(static_cast<std::uint32_t>(count));
    for (std::size_t i = 0; i < kSample; ++i) bits.push_back(random() % count);
  } else if (std::string_view(wanted) == "all" || wanted == vector.id) {
    for (std::size_t bit = 0; bit < count; ++bit) bits.push_back(bit);
  }
  return bits;
}

}  // namespace

TEST_CASE("good material is good to the bit") {
  std::size_t flipped = 0;
  std::map<std::string, std::size_t> survivors;
  for (const testing::VectorCase& vector : testing::ReadVectorCases()) {
    if (!vector.expect_ok) continue;
    CAPTURE(vector.id);
    for (const std::size_t bit : BitsOf(vector)) {
      std::string altered = vector.material;
      altered[bit / 8] = static_cast<char>(altered[bit / 8] ^ (1 << (bit % 8)));
      ++flipped;
      if (testing::Run(vector, vector.Artifact(), altered).verdict != Verdict::kOk) continue;
      const std::string place = testing::SurvivablePlace(vector, altered);
      const std::size_t begin = bit / 8 < 40 ? 0 : bit / 8 - 40;
      CHECK_MESSAGE(!place.empty(), "bit " << bit << ": " << altered.substr(begin, 80));
      ++survivors[place];
    }
  }
  std::string summary;
  for (const auto& [place, count] : survivors)
    summary += "\n  " + place + ": " + std::to_string(count);
  MESSAGE(flipped << " bits flipped; still good, as they may be:" << summary);
}

}  // namespace powernode::verify::sigstore::bit_flip_test

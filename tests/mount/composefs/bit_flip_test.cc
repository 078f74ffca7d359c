#include <doctest/doctest.h>

#include <string>

#include "mount/composefs/image_reader.h"
#include "tests/mount/composefs/images.h"
#include "tests/mount/composefs/sample_tree.h"

namespace powernode::mount::composefs::bit_flip_test {
namespace {

using testing::BytesOf;
using testing::ImageOf;
using testing::ImageOfDump;
using testing::SampleDump;
using testing::VersionOf;

enum class Verdict { kRefused, kOtherTree, kUnaccounted };

Verdict Judge(const std::string& flipped) {
  Result<Tree> tree = ReadCanonicalImage(BytesOf(flipped));
  if (!tree) return Verdict::kRefused;
  const Result<std::string> again = ImageOf(*std::move(tree), VersionOf(flipped));
  return again.ok() && *again == flipped ? Verdict::kOtherTree : Verdict::kUnaccounted;
}

}  // namespace

TEST_CASE("every flipped bit is refused, or makes a well-formed image of another tree") {
  const Result<std::string> image = ImageOfDump(SampleDump());
  REQUIRE_MESSAGE(image.ok(), image.error().message());
  REQUIRE(image->size() == 8192);
  REQUIRE(Judge(*image) == Verdict::kOtherTree);
  std::size_t refused = 0;
  std::size_t other = 0;
  std::string flipped = *image;
  for (std::size_t bit = 0; bit < 8 * image->size(); ++bit) {
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ 1 << bit % 8);
    const Verdict verdict = Judge(flipped);
    flipped[bit / 8] = (*image)[bit / 8];
    (verdict == Verdict::kRefused ? refused : other) += 1;
    REQUIRE_MESSAGE(verdict != Verdict::kUnaccounted, "bit " << bit);
  }
  CHECK(refused > other);
  CHECK(other > 100);  // ids, times, names, contents
}

}  // namespace powernode::mount::composefs::bit_flip_test

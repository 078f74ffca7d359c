#include "mount/composefs/image_reader.h"

#include <doctest/doctest.h>

#include <string>

#include "mount/composefs/dump.h"
#include "tests/mount/composefs/images.h"
#include "tests/mount/composefs/sample_tree.h"
#include "tests/mount/composefs/vectors.h"

namespace powernode::mount::composefs {
namespace {

using testing::BytesOf;
using testing::ComposefsVectors;
using testing::ImageOf;
using testing::ImageOfDump;
using testing::RandomTree;
using testing::ReadComposefsVector;
using testing::VersionOf;

// Read, written as a dump, read from that and written again, it is the same image.
void CheckRoundTrip(const std::string& image) {
  const Result<Tree> tree = ReadCanonicalImage(BytesOf(image));
  REQUIRE_MESSAGE(tree.ok(), tree.error().message());
  const std::string dump = WriteDump(*tree);
  const Result<std::string> again = ImageOfDump(dump, VersionOf(image));
  REQUIRE_MESSAGE(again.ok(), again.error().message());
  CHECK((*again == image));
  CHECK(WriteDump(*ReadDump(dump)) == dump);
}

}  // namespace

TEST_CASE("from image to tree to dump and back, for every vector and both versions") {
  for (const std::string& name : ComposefsVectors("", ".dump")) {
    for (const int version : {0, 1}) {
      INFO(name << " version " << version);
      const Result<std::string> image =
          ImageOfDump(ReadComposefsVector(name + ".dump"), {.min = version, .max = version});
      REQUIRE(image.ok());
      CheckRoundTrip(*image);
    }
  }
}

TEST_CASE("from image to tree to dump and back, for random trees") {
  for (std::uint32_t seed = 0; seed < 150; ++seed) {
    INFO("seed " << seed);
    const Result<std::string> image = ImageOf(RandomTree(seed));
    REQUIRE_MESSAGE(image.ok(), image.error().message());
    CheckRoundTrip(*image);
  }
}

}  // namespace powernode::mount::composefs

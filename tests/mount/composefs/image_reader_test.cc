#include "mount/composefs/image_reader.h"

#include <doctest/doctest.h>

#include <string>

#include "mount/composefs/dump.h"
#include "tests/mount/composefs/images.h"
#include "tests/mount/composefs/sample_tree.h"
#include "tests/mount/composefs/vectors.h"

namespace powernode::mount::composefs::image_reader_test {
namespace {

using testing::BytesOf;
using testing::ComposefsVectors;
using testing::ImageOf;
using testing::ImageOfDump;
using testing::RandomTree;
using testing::ReadComposefsVector;
using testing::VersionOf;

constexpr std::size_t kRootInode = 1152;

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

TEST_CASE("reads images that number their inodes otherwise, which are not canonical") {
  const Result<std::string> image = ImageOfDump(testing::SampleDump());
  REQUIRE(image.ok());
  const Result<Tree> tree = ReadImage(BytesOf(*image));
  REQUIRE(tree.ok());
  std::string other = *image;
  other.at(kRootInode + 20) = 77;
  const Result<Tree> read = ReadImage(BytesOf(other));
  REQUIRE_MESSAGE(read.ok(), read.error().message());
  CHECK(read->size() == tree->size());
  const Result<Tree> canonical = ReadCanonicalImage(BytesOf(other));
  REQUIRE_FALSE(canonical.ok());
  CHECK(canonical.error().kind() == ErrorKind::kRefuted);
}

TEST_CASE("follows no circle of directories") {
  Result<std::string> image = ImageOfDump(
      "/ 0 40755 2 0 0 0 0.0 - - -\n/d 0 40755 2 0 0 0 0.0 - - -\n"
      "/d/unlike-any 0 40755 2 0 0 0 0.0 - - -\n");
  REQUIRE(image.ok());
  const std::size_t names = image->find("...unlike-any");
  REQUIRE(names != std::string::npos);
  image->at(names - 12) = 36;  // the root's nid
  image->at(names - 11) = 0;
  for (const auto& error :
       {ReadImage(BytesOf(*image)).error(), ListObjects(BytesOf(*image)).error()}) {
    CHECK(error.code() == "bad_image");
    CHECK(error.message().find("the directory at inode 36 has two names") != std::string::npos);
  }
}

TEST_CASE("refuses an image that is cut or lengthened anywhere") {
  const Result<std::string> image = ImageOfDump(testing::SampleDump());
  REQUIRE(image.ok());
  for (std::size_t length = 0; length < image->size(); length += 61)
    CHECK_FALSE(ReadImage(BytesOf(image->substr(0, length))).ok());
  CHECK_FALSE(ReadImage(BytesOf(*image + '\0')).ok());
}

}  // namespace powernode::mount::composefs::image_reader_test

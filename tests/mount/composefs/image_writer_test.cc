#include "mount/composefs/image_writer.h"

#include <doctest/doctest.h>

#include <string>

#include "agent/base/encoding.h"
#include "tests/mount/composefs/images.h"
#include "tests/mount/composefs/vectors.h"

namespace powernode::mount::composefs::image_writer_test {
namespace {

using testing::ComposefsVectors;
using testing::DigestOf;
using testing::ImageOfDump;
using testing::ReadComposefsVector;

std::string BytesAt(const std::string& image, std::size_t offset, std::string_view like_hex) {
  return HexEncode(std::string_view(image).substr(offset, like_hex.size() / 2));
}

void CheckDigests(std::string_view suffix, FormatVersions versions) {
  for (const std::string& name : ComposefsVectors("", suffix)) {
    INFO(name << suffix);
    const Result<std::string> image = ImageOfDump(ReadComposefsVector(name + ".dump"), versions);
    REQUIRE_MESSAGE(image.ok(), image.error().message());
    CHECK(DigestOf(*image) + "\n" == ReadComposefsVector(std::string(name).append(suffix)));
  }
}

}  // namespace

TEST_CASE("writes what mkcomposefs writes, for every vector") { CheckDigests(".digest", {}); }

TEST_CASE("the version can be pinned to 0, and to 1") {
  CheckDigests(".v0.digest", {.min = 0, .max = 0});
  CheckDigests(".v1.digest", {.min = 1, .max = 1});
  CheckDigests(".v1.digest", {.min = 1, .max = 0});  // the lower bound wins
}

TEST_CASE("the same bytes as the images among the vectors") {
  for (const std::string& name : ComposefsVectors("", ".cfs")) {
    INFO(name);
    const Result<std::string> image = ImageOfDump(ReadComposefsVector(name + ".dump"));
    REQUIRE(image.ok());
    CHECK((*image == ReadComposefsVector(name + ".cfs")));
  }
}

TEST_CASE("the worked example of the specification: nothing but a root") {
  const Result<std::string> image = ImageOfDump("/ 0 40755 2 0 0 0 0.0 - - -\n");
  REQUIRE(image.ok());
  CHECK(image->size() == 16384);
  CHECK(DigestOf(*image) == "8f589e8f57ecb88823736b0d857ddca1e1068a23e264fad164b28f7038eb3682");
  struct Row {
    std::size_t offset;
    std::string_view hex;
  };
  for (const Row& row : {
           Row{0, "9a6278d0010000000000000000000000"},
           Row{1024, "e2e1f5e000000000060000000c0024000101000000000000"},
           Row{1060, "040000000000000002000000"},
           Row{1152, "00000600ed410200001000000000000003000000000000000000000000000000"},
           Row{1184, "ffffefff00000000000000000e0401006f7665726c61792e6f70617175657900"},
           Row{1216, "00000000a4210100000000000000000000000000010000000000000000000000"},
           Row{12288, "2400000000000000180c02002400000000000000190c020026000000000000001b0c0300"},
       }) {
    CAPTURE(row.offset);
    CHECK(BytesAt(*image, row.offset, row.hex) == row.hex);
  }
}

TEST_CASE("refuses format versions that there are not") {
  for (const FormatVersions versions : {FormatVersions{-1, 1}, FormatVersions{0, 2}}) {
    const auto image = ImageOfDump("/ 0 40755 2 0 0 0 0.0 - - -\n", versions);
    REQUIRE_FALSE(image.ok());
    CHECK(image.error().code() == "bad_version");
  }
}

}  // namespace powernode::mount::composefs::image_writer_test

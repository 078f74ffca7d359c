#include "mount/composefs/image_writer.h"

#include <doctest/doctest.h>

#include <string>

#include "agent/base/encoding.h"
#include "mount/composefs/dump.h"
#include "tests/mount/composefs/images.h"
#include "tests/mount/composefs/vectors.h"

namespace powernode::mount::composefs {
namespace {

using testing::ComposefsVectors;
using testing::DigestOf;
using testing::ImageOfDump;
using testing::ReadComposefsVector;

constexpr std::string_view kRoot = "/ 0 40755 2 0 0 0 0.0 - - -\n";

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

}  // namespace powernode::mount::composefs

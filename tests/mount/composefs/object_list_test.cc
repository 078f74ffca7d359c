#include <doctest/doctest.h>

#include <string>

#include "mount/composefs/image_reader.h"
#include "tests/mount/composefs/images.h"
#include "tests/mount/composefs/vectors.h"

namespace powernode::mount::composefs::object_list_test {
namespace {

using testing::BytesOf;
using testing::ImageOfDump;
using testing::ReadComposefsVector;

const std::string kA = "5cfe21b86d6aee7c574fe0908e4be1373b2c168fd33726d9a6bbf1602bf8bac0";
const std::string kB = "1ff52afe4e0088fbf20af56b9f64e58462707497a51d25bac5c7ada9fa417349";

std::string File(std::string_view name, std::string_view size, std::string payload,
                 std::string_view digest) {
  return std::string("/").append(name).append(" ").append(size).append(" 100644 1 0 0 0 0.0 ") +
         payload.append(" - ").append(digest).append("\n");
}

std::string PathOf(const std::string& digest) { return std::string(digest).insert(2, 1, '/'); }

Result<std::vector<NeededObject>> ListOf(const std::string& lines) {
  const Result<std::string> image = ImageOfDump("/ 0 40755 2 0 0 0 0.0 - - -\n" + lines);
  REQUIRE_MESSAGE(image.ok(), image.error().message());
  return ListObjects(BytesOf(*image));
}

}  // namespace

TEST_CASE("lists each object once, by digest, and nothing for files in the image") {
  const auto objects =
      ListOf(File("a", "70000", PathOf(kA), kA) + File("again", "70000", PathOf(kA), kA) +
             "/link 0 @100644 1 0 0 0 0.0 /a - -\n"
             "/d 0 40755 2 0 0 0 0.0 - - -\n" +
             File("d/b", "1", PathOf(kB), kB) +
             "/in 2 100644 1 0 0 0 0.0 - hi -\n/empty 0 100644 1 0 0 0 0.0 - - -\n");
  REQUIRE_MESSAGE(objects.ok(), objects.error().message());
  REQUIRE(objects->size() == 2);
  CHECK((*objects)[0].digest.Hex() == kB);
  CHECK((*objects)[0].size == 1);
  CHECK((*objects)[1].digest.Hex() == kA);
  CHECK((*objects)[1].size == 70000);
}

TEST_CASE("refuses files whose object is not named by the digest that the kernel checks") {
  for (const std::string& lines :
       {File("no-digest", "9", PathOf(kA), "-"), File("no-path", "9", "-", kA),
        File("neither", "9", "-", "-"), File("another", "9", PathOf(kB), kA),
        File("elsewhere", "9", "etc/shadow", kA), File("flat", "9", kA, kA),
        File("a", "9", PathOf(kA), kA) + File("b", "8", PathOf(kA), kA)}) {
    CAPTURE(lines);
    const auto objects = ListOf(lines);
    REQUIRE_FALSE(objects.ok());
    CHECK(objects.error().kind() == ErrorKind::kRefuted);
    CHECK(objects.error().code() == "object_reference_invalid");
  }
}

TEST_CASE("refuses a file in the image that overlay would take from elsewhere") {
  Result<std::string> image = ImageOfDump(
      "/ 0 40755 2 0 0 0 0.0 - - -\n"
      "/f 2 100644 1 0 0 0 0.0 - hi - trusted.kind.of.redirect=/x\n");
  REQUIRE(image.ok());
  CHECK(ListObjects(BytesOf(*image)).ok());
  const std::size_t at = image->find("kind.of.redirect");
  REQUIRE(at != std::string::npos);
  image->replace(at, 16, "overlay.redirect");
  const auto objects = ListObjects(BytesOf(*image));
  REQUIRE_FALSE(objects.ok());
  CHECK(objects.error().code() == "object_reference_invalid");
}

TEST_CASE("tells composefs images by their first bytes") {
  const std::string image = ReadComposefsVector("empty-root.cfs");
  CHECK(IsComposefs(BytesOf(image)));
  CHECK(IsComposefs(BytesOf(image.substr(0, 4))));
  CHECK_FALSE(IsComposefs(BytesOf(image.substr(0, 3))));
  CHECK_FALSE(IsComposefs(BytesOf(image.substr(1))));
  CHECK(ListObjects(BytesOf(image.substr(1))).error().code() == "not_composefs");
  CHECK(ReadImage(BytesOf(image.substr(0, 8192))).error().code() == "bad_image");
}

}  // namespace powernode::mount::composefs::object_list_test

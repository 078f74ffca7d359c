// Invariant: any bytes are refused, or read as a tree, whose dump is read as the same tree. If it
// can be written as an image, that image is canonical; and what is canonical is written as it was.
#include <cstdint>
#include <span>
#include <string>

#include "mount/composefs/dump.h"
#include "mount/composefs/image_reader.h"
#include "tests/fuzz/fuzz_input.h"
#include "tests/mount/composefs/images.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace powernode;
  using namespace powernode::mount::composefs;
  const std::span<const std::byte> bytes = std::as_bytes(std::span(data, size));
  (void)ListObjects(bytes);  // has nothing to hold but that it ends
  Result<Tree> tree = ReadImage(bytes);
  const bool is_canonical = ReadCanonicalImage(bytes).ok();
  fuzz::Require(tree.ok() || !is_canonical, "what is canonical can be read");
  if (!tree) return 0;

  const Result<Tree> from_dump = ReadDump(WriteDump(*tree));
  fuzz::Require(from_dump.ok(), "the dump of what was read can be read");
  const FormatVersions versions = testing::VersionOf(fuzz::TextOf(data, size));
  const Result<std::string> image = testing::ImageOf(*std::move(tree), versions);
  if (!image) {
    fuzz::Require(!is_canonical, "a canonical image can be written");
    return 0;
  }
  fuzz::Require(!is_canonical || *image == fuzz::TextOf(data, size), "canonical means the same");
  fuzz::Require(ReadCanonicalImage(testing::BytesOf(*image)).ok(), "what was written is canonical");
  const Result<std::string> again = testing::ImageOf(*from_dump, versions);
  fuzz::Require(again.ok() && *again == *image, "the dump of what was read gives the same image");
  return 0;
}

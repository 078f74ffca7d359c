// Invariant: any text is refused, or read as a tree. Its dump is read as the same tree; and if it
// can be written as an image, that image is canonical and says what the dump says, save what images
// do not keep (then they say so ever after).
#include <cstdint>
#include <string>

#include "mount/composefs/dump.h"
#include "mount/composefs/image_reader.h"
#include "tests/fuzz/fuzz_input.h"
#include "tests/mount/composefs/images.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace powernode;
  using namespace powernode::mount::composefs;
  const Result<Tree> tree = ReadDump(fuzz::TextOf(data, size));
  if (!tree) return 0;
  const std::string dump = WriteDump(*tree);
  const Result<Tree> same = ReadDump(dump);
  fuzz::Require(same.ok() && WriteDump(*same) == dump, "a dump is read as it was written");

  const Result<std::string> image = testing::ImageOf(*tree);
  if (!image) return 0;
  const FormatVersions versions = testing::VersionOf(*image);
  const Result<Tree> read = ReadCanonicalImage(testing::BytesOf(*image));
  fuzz::Require(read.ok(), "what was written is canonical");
  const std::string kept = WriteDump(*read);
  const Result<std::string> again = testing::ImageOfDump(kept, versions);
  fuzz::Require(again.ok() && *again == *image, "the image's dump gives the same image");
  return 0;
}

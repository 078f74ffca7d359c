#include "tests/mount/composefs/images.h"

#include <utility>

#include "mount/composefs/dump.h"
#include "verify/fsverity_hash.h"

namespace powernode::testing {

using namespace mount::composefs;

Result<std::string> ImageOf(Tree tree, FormatVersions versions) {
  std::string image;
  ASSIGN_OR_RETURN(
      const WrittenImage written,
      WriteImage(std::move(tree), versions, [&image](std::span<const std::byte> piece) {
        image.append(reinterpret_cast<const char*>(piece.data()), piece.size());
        return Ok();
      }));
  if (written.size != image.size() || written.version != VersionOf(image).min)
    return Error(ErrorKind::kRefuted, "bad_report", "WriteImage reports what it did not write");
  return image;
}

Result<std::string> ImageOfDump(std::string_view dump, FormatVersions versions) {
  ASSIGN_OR_RETURN(Tree tree, ReadDump(dump));
  return ImageOf(std::move(tree), versions);
}

std::string DigestOf(std::string_view image) {
  verify::FsVerityHash hash;
  hash.Update(BytesOf(image));
  return hash.Finish().Hex();
}

FormatVersions VersionOf(std::string_view image) {
  return {.min = image.at(12), .max = image.at(12)};
}

}  // namespace powernode::testing

#include <algorithm>
#include <utility>

#include "mount/composefs/image_reader.h"
#include "mount/composefs/image_view.h"
#include "mount/composefs/image_writer.h"

namespace powernode::mount::composefs {
namespace {

Error NotCanonical(std::uint64_t offset) {
  return BadImage("byte " + std::to_string(offset) +
                  " is not what this image's tree gives: it is damaged, or another program's");
}

}  // namespace

Result<Tree> ReadCanonicalImage(std::span<const std::byte> image) {
  ASSIGN_OR_RETURN(const ImageView view, ImageView::Open(image));
  ASSIGN_OR_RETURN(Tree tree, ReadImage(image));
  std::span<const std::byte> rest = image;
  const auto compare = [&](std::span<const std::byte> piece) -> Status {
    const auto [differs, at] = std::ranges::mismatch(piece, rest);
    if (differs != piece.end())
      return NotCanonical(image.size() - rest.size() + (differs - piece.begin()));
    rest = rest.subspan(piece.size());
    return Ok();
  };
  const Result<WrittenImage> written =
      WriteImage(tree, {.min = view.version(), .max = view.version()}, compare);
  if (!written) return BadImage(written.error().message());
  if (!rest.empty()) return NotCanonical(image.size() - rest.size());
  return tree;
}

}  // namespace powernode::mount::composefs

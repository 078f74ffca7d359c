// Reads composefs images, ours and others' (spec "composefs image", section 11). The bytes are
// hostile: every offset, count, name and size is held to the image's length before it is used, in
// sum too, so that time and memory are bounded by it, and directories are never followed in a
// circle.
//
// Nothing here can tell one well-formed image from another: only its digest does. But of an image
// that ReadCanonicalImage accepts, every byte has been accounted for: it says what the tree says,
// and nothing else.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "agent/base/result.h"
#include "mount/composefs/tree.h"

namespace powernode::mount::composefs {

// Larger images are kInvalid "image_too_large": the most metadata that one module may have.
inline constexpr std::uint64_t kMaxImageBytes = std::uint64_t{1} << 30;

// Does the image begin with the composefs header (node-api.md §11.3)? `head`: its first bytes, at
// least 4.
bool IsComposefs(std::span<const std::byte> head);

// The tree that the image was written from: WriteImage of it, with the image's own version, gives
// the same bytes for every image that WriteImage wrote. Images of other programs may number and
// place their inodes as they like. kRefuted "bad_image", naming the inode (its nid, as dump.erofs
// takes it) or offset; "not_composefs".
Result<Tree> ReadImage(std::span<const std::byte> image);

// As ReadImage, and "bad_image" unless WriteImage would write exactly these bytes. So a flipped bit
// is refused, or makes a well-formed image of another tree, which is what is read.
Result<Tree> ReadCanonicalImage(std::span<const std::byte> image);

// A file's data that is outside of the image, in the object store under the name of its digest.
struct NeededObject {
  verify::ObjectVerity digest;
  std::uint64_t size = 0;  // bytes

  auto operator<=>(const NeededObject&) const = default;
};

// Each object once, by digest. Every external file must name its object by the digest that the
// kernel will hold it to: kRefuted "object_reference_invalid" when one names none, another, or two
// sizes for one digest.
Result<std::vector<NeededObject>> ListObjects(std::span<const std::byte> image);

}  // namespace powernode::mount::composefs

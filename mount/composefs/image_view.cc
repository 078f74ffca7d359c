#include "mount/composefs/image_view.h"

#include "mount/composefs/image_format.h"
#include "mount/composefs/image_reader.h"

namespace powernode::mount::composefs {

bool IsComposefs(std::span<const std::byte> head) {
  std::uint32_t magic = 0;
  if (head.size() < sizeof magic) return false;
  for (unsigned i = sizeof magic; i-- > 0;)
    magic = magic << 8 | std::to_integer<std::uint32_t>(head[i]);
  return magic == kComposefsMagic;
}

Result<ImageView> ImageView::Open(std::span<const std::byte> image) {
  if (!IsComposefs(image))
    return Error(ErrorKind::kRefuted, "not_composefs",
                 "not a composefs image (its first four bytes are others)");
  if (image.size() > kMaxImageBytes)
    return Error(ErrorKind::kInvalid, "image_too_large",
                 "the image has " + std::to_string(image.size()) + " bytes, " +
                     std::to_string(kMaxImageBytes) + " are the most");
  ImageView view(image);
  if (!view.Has(0, kInodeArea)) return BadImage("the image ends within its super block");
  if (const std::uint32_t version = view.U32(4); version != kContainerVersion)
    return BadImage("the container version is " + std::to_string(version) +
                    ", this agent knows version 1");
  const std::uint32_t version = view.U32(12);
  if (version > 1)
    return BadImage("the format version is " + std::to_string(version) +
                    ", this agent knows 0 and 1");
  view.version_ = static_cast<int>(version);

  if (view.U32(kSuperBlock) != kErofsMagic) return BadImage("there is no EROFS super block");
  if (view.Number(kSuperBlock + 12, 1) != kBlockBits)
    return BadImage("the blocks have 2^" + std::to_string(view.Number(kSuperBlock + 12, 1)) +
                    " bytes, not 2^12");
  if (const std::uint32_t features = view.U32(kSuperBlock + 80); features != 0)
    return BadImage("the image needs the EROFS features " + std::to_string(features) +
                    ", composefs needs none");
  if (view.U32(kSuperBlock + 36) * kBlockBytes != image.size())
    return BadImage("the super block says " + std::to_string(view.U32(kSuperBlock + 36)) +
                    " blocks of 4096 bytes, the image has " + std::to_string(image.size()) +
                    " bytes");
  view.root_nid_ = view.U16(kSuperBlock + 14);
  view.build_time_ = {static_cast<std::int64_t>(view.Number(kSuperBlock + 24, 8)),
                      view.U32(kSuperBlock + 32)};
  view.inodes_begin_ = view.U32(kSuperBlock + 40) * kBlockBytes;
  view.shared_begin_ = view.U32(kSuperBlock + 44) * kBlockBytes;
  return view;
}

Error BadImage(std::string message) {
  return Error(ErrorKind::kRefuted, "bad_image", std::move(message));
}

}  // namespace powernode::mount::composefs

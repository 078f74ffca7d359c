// What kind of image is this? Looks at the magic numbers of the image format (node-api.md §11.3)
// and at the few super block fields whose nonsense the kernel would report as "Invalid argument"
// only. The kernel checks the rest when it mounts. Layout: Linux, fs/erofs/erofs_fs.h, struct
// erofs_super_block; little-endian.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "agent/base/result.h"
#include "verify/verified_image.h"

namespace powernode::mount {

enum class ImageFormat {
  kErofs,      // holds its files' bytes itself
  kComposefs,  // an EROFS image of names and metadata; the bytes are in the object store
};

// How many bytes from the start of the image DetectFormat wants to see.
constexpr std::size_t kErofsHeadBytes = 1024 + 128;

// `head`: the first kErofsHeadBytes of the image, or all of a shorter one; `image_bytes`: its whole
// size. kRefuted "image_format_unknown", "image_truncated"; kUnsupported
// "composefs_version_unsupported", "block_size_unsupported" (a layer's loop device has blocks of
// 4096 bytes).
Result<ImageFormat> DetectFormat(std::span<const std::byte> head, std::uint64_t image_bytes);
Result<ImageFormat> DetectFormat(const Fd& image, std::uint64_t image_bytes);
Result<ImageFormat> DetectFormat(const verify::VerifiedImage& image);

}  // namespace powernode::mount

#include "mount/erofs_superblock.h"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

#include "agent/base/encoding.h"
#include "agent/base/syscalls.h"

namespace powernode::mount {
namespace {

constexpr std::size_t kSuperBlock = 1024;
constexpr std::uint32_t kErofsMagic = 0xE0F5E1E2;
constexpr std::uint32_t kComposefsMagic = 0xd078629a;  // at byte 0
constexpr std::uint32_t kComposefsContainer = 1;       // at byte 4
constexpr unsigned kBlockBits = 12;
constexpr std::uint32_t kFeature48Bit = 0x80;  // feature_incompat; then blocks has 16 bits more

constexpr std::size_t kMagic = 0;
constexpr std::size_t kBlockSizeBits = 12;
constexpr std::size_t kBlocksHigh = 14;
constexpr std::size_t kBlocks = 36;
constexpr std::size_t kFeatureIncompat = 80;

// Little-endian number of `width` bytes; the caller has checked the bounds.
std::uint64_t Number(std::span<const std::byte> bytes, std::size_t offset, std::size_t width) {
  std::uint64_t value = 0;
  for (std::size_t i = width; i-- > 0;)
    value = value << 8 | std::to_integer<std::uint64_t>(bytes[offset + i]);
  return value;
}

Error UnknownFormat(std::span<const std::byte> head, std::uint64_t image_bytes) {
  const std::string_view start(reinterpret_cast<const char*>(head.data()),
                               std::min<std::size_t>(head.size(), 8));
  return Error(ErrorKind::kRefuted, "image_format_unknown",
               "not an EROFS image (" + std::to_string(image_bytes) + " bytes, beginning with " +
                   (start.empty() ? "nothing" : HexEncode(start)) +
                   "); modules are made with `powernode-agent pack` or mkfs.erofs");
}

}  // namespace

Result<ImageFormat> DetectFormat(std::span<const std::byte> head, std::uint64_t image_bytes) {
  if (head.size() < kErofsHeadBytes) return UnknownFormat(head, image_bytes);
  const std::span<const std::byte> super = head.subspan(kSuperBlock);
  if (Number(super, kMagic, 4) != kErofsMagic) return UnknownFormat(head, image_bytes);
  const ImageFormat format =
      Number(head, 0, 4) == kComposefsMagic ? ImageFormat::kComposefs : ImageFormat::kErofs;
  if (format == ImageFormat::kComposefs && Number(head, 4, 4) != kComposefsContainer)
    return Error(ErrorKind::kUnsupported, "composefs_version_unsupported",
                 "the composefs image has container version " + std::to_string(Number(head, 4, 4)) +
                     ", this agent knows 1; make it with `powernode-agent pack`");

  const std::uint64_t bits = Number(super, kBlockSizeBits, 1);
  if (bits != kBlockBits)
    return Error(ErrorKind::kUnsupported, "block_size_unsupported",
                 "the EROFS image has blocks of 2^" + std::to_string(bits) +
                     " bytes; make it with mkfs.erofs -b 4096");
  std::uint64_t blocks = Number(super, kBlocks, 4);
  if ((Number(super, kFeatureIncompat, 4) & kFeature48Bit) != 0)
    blocks |= Number(super, kBlocksHigh, 2) << 32;
  if (blocks << kBlockBits > image_bytes)
    return Error(ErrorKind::kRefuted, "image_truncated",
                 "the EROFS image says it has " + std::to_string(blocks) +
                     " blocks of 4096 bytes, the file has only " + std::to_string(image_bytes) +
                     " bytes");
  return format;
}

Result<ImageFormat> DetectFormat(const Fd& image, std::uint64_t image_bytes) {
  std::array<std::byte, kErofsHeadBytes> head{};
  std::size_t have = 0;
  while (have < head.size()) {
    ASSIGN_OR_RETURN_CONTEXT(const std::size_t count,
                             Pread(image, std::span(head).subspan(have), have), "read super block");
    if (count == 0) break;
    have += count;
  }
  return DetectFormat(std::span(head).first(have), image_bytes);
}

Result<ImageFormat> DetectFormat(const verify::VerifiedImage& image) {
  return DetectFormat(image.fd(), image.size());
}

}  // namespace powernode::mount

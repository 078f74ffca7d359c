// Invariant: any head of an image gets one of its answers, and a format only with EROFS's magic
// number in place, blocks of 4096 bytes and no more blocks than the file has.
#include <cstdint>
#include <cstdlib>
#include <span>
#include <string>

#include "mount/erofs_superblock.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace powernode;
  const std::span<const std::byte> head = std::as_bytes(std::span(data, size));
  const Result<mount::ImageFormat> checked = mount::DetectFormat(head, size);
  if (checked) {
    if (size < mount::kErofsHeadBytes || data[1024] != 0xe2 || data[1024 + 12] != 12) std::abort();
    return 0;
  }
  const std::string& code = checked.error().code();
  if (code != "image_format_unknown" && code != "image_truncated" &&
      code != "composefs_version_unsupported" && code != "block_size_unsupported")
    std::abort();
  return 0;
}

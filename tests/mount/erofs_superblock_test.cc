#include "mount/erofs_superblock.h"

#include <doctest/doctest.h>

#include <string>

#include "agent/base/syscalls.h"

namespace powernode::mount::erofs_superblock_test {
namespace {

// The head of an image of 4 blocks.
std::string Head() {
  std::string head(kErofsHeadBytes, '\0');
  head.replace(1024, 4, "\xe2\xe1\xf5\xe0");
  head[1024 + 12] = 12;
  head[1024 + 36] = 4;
  return head;
}

std::string CodeOf(const std::string& head, std::uint64_t image_bytes) {
  const Result<ImageFormat> format = DetectFormat(AsBytes(head), image_bytes);
  if (!format) return format.error().code();
  return *format == ImageFormat::kComposefs ? "composefs" : "ok";
}

}  // namespace

TEST_CASE("an EROFS image is one, up to the last block") {
  CHECK(CodeOf(Head(), 4 * 4096) == "ok");
  CHECK(CodeOf(Head(), 5 * 4096) == "ok");
  CHECK(CodeOf(Head(), 4 * 4096 - 1) == "image_truncated");
  CHECK(CodeOf(Head(), kErofsHeadBytes) == "image_truncated");
}

TEST_CASE("large images count their blocks in 48 bits, if they say so") {
  std::string head = Head();
  head[1024 + 14] = 1;
  CHECK(CodeOf(head, 4 * 4096) == "ok");
  head[1024 + 80] = '\x80';
  CHECK(CodeOf(head, 4 * 4096) == "image_truncated");
  CHECK(CodeOf(head, ((std::uint64_t{1} << 32) + 4) * 4096) == "ok");
}

TEST_CASE("anything else is named") {
  CHECK(CodeOf("", 0) == "image_format_unknown");
  CHECK(CodeOf(Head().substr(0, kErofsHeadBytes - 1), kErofsHeadBytes - 1) ==
        "image_format_unknown");
  CHECK(CodeOf(std::string(4096, 'h'), 4096) == "image_format_unknown");
  std::string small_blocks = Head();
  small_blocks[1024 + 12] = 9;
  CHECK(CodeOf(small_blocks, 4 * 4096) == "block_size_unsupported");
}

TEST_CASE("a composefs image is an EROFS image with a header of its own") {
  std::string image = Head();
  image.replace(0, 8, std::string("\x9a\x62\x78\xd0\x01\0\0\0", 8));
  CHECK(CodeOf(image, 4 * 4096) == "composefs");
  CHECK(CodeOf(image, 3 * 4096) == "image_truncated");
  image[4] = 2;
  CHECK(CodeOf(image, 4 * 4096) == "composefs_version_unsupported");
  image[1024] = 0;
  CHECK(CodeOf(image, 4 * 4096) == "image_format_unknown");
}

TEST_CASE("the message shows how the file begins") {
  const Result<ImageFormat> checked = DetectFormat(AsBytes("hsqs and more"), 13);
  REQUIRE_FALSE(checked.ok());
  CHECK(checked.error().message().find("6873717320616e64") != std::string::npos);
}

}  // namespace powernode::mount::erofs_superblock_test

// An image's bytes and what its head says, for the parts of the reader. The bytes are hostile: an
// offset is held to the image's length with Has() before Number() or Text() is asked for it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "agent/base/result.h"
#include "mount/composefs/tree.h"

namespace powernode::mount::composefs {

class ImageView {
 public:
  // Header and superblock (spec "composefs image", sections 9.1 and 9.2). kRefuted "not_composefs",
  // "bad_image"; kInvalid "image_too_large".
  static Result<ImageView> Open(std::span<const std::byte> image);

  std::uint64_t size() const { return bytes_.size(); }
  bool Has(std::uint64_t offset, std::uint64_t length) const {
    return offset <= size() && length <= size() - offset;
  }
  std::string_view Text(std::uint64_t offset, std::uint64_t length) const {
    return {reinterpret_cast<const char*>(bytes_.data()) + offset, length};
  }
  // Little-endian, of `width` bytes.
  std::uint64_t Number(std::uint64_t offset, unsigned width) const {
    std::uint64_t value = 0;
    for (unsigned i = width; i-- > 0;)
      value = value << 8 | std::to_integer<std::uint64_t>(bytes_[offset + i]);
    return value;
  }
  std::uint32_t U16(std::uint64_t offset) const {
    return static_cast<std::uint32_t>(Number(offset, 2));
  }
  std::uint32_t U32(std::uint64_t offset) const {
    return static_cast<std::uint32_t>(Number(offset, 4));
  }

  int version() const { return version_; }
  std::uint64_t root_nid() const { return root_nid_; }
  std::uint64_t inodes_begin() const { return inodes_begin_; }  // byte that nids count from
  std::uint64_t shared_begin() const { return shared_begin_; }  // byte that references count from
  Timestamp build_time() const { return build_time_; }          // compact inodes' mtime

 private:
  explicit ImageView(std::span<const std::byte> bytes) : bytes_(bytes) {}

  std::span<const std::byte> bytes_;
  int version_ = 0;
  std::uint64_t root_nid_ = 0;
  std::uint64_t inodes_begin_ = 0;
  std::uint64_t shared_begin_ = 0;
  Timestamp build_time_;
};

Error BadImage(std::string message);

}  // namespace powernode::mount::composefs

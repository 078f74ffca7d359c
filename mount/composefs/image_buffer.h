// Little-endian bytes on their way to an image's sink, in pieces.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "agent/base/result.h"
#include "mount/composefs/image_writer.h"

namespace powernode::mount::composefs {

class ImageBuffer {
 public:
  explicit ImageBuffer(const ImageSink& sink) : sink_(sink) { bytes_.reserve(2 * kPiece); }

  void U8(std::uint8_t value) { bytes_ += static_cast<char>(value); }
  void U16(std::uint16_t value) { Number<2>(value); }
  void U32(std::uint32_t value) { Number<4>(value); }
  void U64(std::uint64_t value) { Number<8>(value); }
  void Bytes(std::string_view bytes) { bytes_ += bytes; }
  void Zeros(std::uint64_t count) { bytes_.append(count, '\0'); }
  // Of the image, not before position().
  void ZerosUpTo(std::uint64_t position) { Zeros(position - this->position()); }

  std::uint64_t position() const { return handed_over_ + bytes_.size(); }

  // Hands over what has piled up, when it is enough.
  Status Drain() { return bytes_.size() < kPiece ? Ok() : Finish(); }
  Status Finish() {
    handed_over_ += bytes_.size();
    Status taken = sink_(std::as_bytes(std::span(bytes_)));
    bytes_.clear();
    return taken;
  }

 private:
  static constexpr std::size_t kPiece = std::size_t{256} * 1024;

  template <std::size_t kWidth>
  void Number(std::uint64_t value) {
    char bytes[kWidth];
    for (char& byte : bytes) {
      byte = static_cast<char>(value);
      value >>= 8;
    }
    bytes_.append(bytes, kWidth);
  }

  const ImageSink& sink_;
  std::string bytes_;
  std::uint64_t handed_over_ = 0;
};

}  // namespace powernode::mount::composefs

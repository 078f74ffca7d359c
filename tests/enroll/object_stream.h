// The stream of many objects as a platform writes it (node-api.md §11.4), for parsers to read.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "enroll/object_frames.h"
#include "verify/fsverity_hash.h"

namespace powernode::enroll::testing {

inline std::span<const std::byte> Bytes(std::string_view text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

inline WantedObject ObjectOf(std::string_view content) {
  verify::FsVerityHash hash;
  hash.Update(Bytes(content));
  return {.digest = verify::ObjectVerity(hash.Finish()), .size = content.size()};
}

inline std::string LittleEndian(std::uint64_t value) {
  std::string text;
  for (int byte = 0; byte < 8; ++byte) text += static_cast<char>(value >> (8 * byte) & 0xff);
  return text;
}

inline std::string ObjectFrame(std::string_view content, std::uint64_t announced) {
  const WantedObject object = ObjectOf(content);
  const std::span<const std::byte> digest = object.digest.digest().bytes();
  return std::string(reinterpret_cast<const char*>(digest.data()), digest.size()) +
         LittleEndian(announced) + std::string(content);
}
inline std::string ObjectFrame(std::string_view content) {
  return ObjectFrame(content, content.size());
}

inline std::string EndOfObjects(std::uint64_t announced = 0) {
  return std::string(32, '\0') + LittleEndian(announced);
}

}  // namespace powernode::enroll::testing

// What the fuzz targets share: the input as text, and a requirement that says which one did not
// hold.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>

namespace powernode::fuzz {

inline std::string_view TextOf(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

inline void Require(bool held, const char* invariant) {
  if (held) return;
  std::fprintf(stderr, "does not hold: %s\n", invariant);
  std::abort();
}

inline bool HasControl(std::string_view text) {
  return std::any_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

// Takes what stands before the next byte 0xff (which no UTF-8 text contains), or the rest.
inline std::string_view TakePart(std::string_view& text) {
  const std::size_t end = text.find('\xff');
  const std::string_view part = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  return part;
}

}  // namespace powernode::fuzz

#include "verify/sigstore/utf8.h"

#include <cstddef>

namespace powernode::verify::sigstore {
namespace {

struct Lead {
  std::size_t length;  // 0: cannot begin a character
  char32_t bits;
  char32_t smallest;  // below it the form is overlong
};

Lead LeadOf(unsigned char byte) {
  if (byte < 0x80) return {1, byte, 0};
  if (byte >= 0xc0 && byte < 0xe0) return {2, byte & 0x1fU, 0x80};
  if (byte >= 0xe0 && byte < 0xf0) return {3, byte & 0x0fU, 0x800};
  if (byte >= 0xf0 && byte < 0xf8) return {4, byte & 0x07U, 0x10000};
  return {0, 0, 0};
}

}  // namespace

std::optional<std::u32string> DecodeUtf8(std::string_view text) {
  std::u32string points;
  points.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    const Lead lead = LeadOf(static_cast<unsigned char>(text[at]));
    if (lead.length == 0 || text.size() - at < lead.length) return std::nullopt;
    char32_t point = lead.bits;
    for (std::size_t i = 1; i < lead.length; ++i) {
      const auto byte = static_cast<unsigned char>(text[at + i]);
      if ((byte & 0xc0) != 0x80) return std::nullopt;
      point = (point << 6) | (byte & 0x3fU);
    }
    if (point < lead.smallest || point > 0x10ffff || (point >= 0xd800 && point < 0xe000))
      return std::nullopt;
    points.push_back(point);
    at += lead.length;
  }
  return points;
}

}  // namespace powernode::verify::sigstore

#include "agent/base/printable.h"

#include <cstddef>

namespace powernode {
namespace {

unsigned ByteAt(std::string_view text, std::size_t at) {
  return at < text.size() ? static_cast<unsigned char>(text[at]) : 0U;
}

// Length of the UTF-8 character that `text` begins with; 0 when it does not begin with one (RFC
// 3629 §4).
std::size_t CharacterLength(std::string_view text) {
  const unsigned first = ByteAt(text, 0);
  const std::size_t length = first < 0x80                     ? 1
                             : first >= 0xc2 && first <= 0xdf ? 2
                             : first >= 0xe0 && first <= 0xef ? 3
                             : first >= 0xf0 && first <= 0xf4 ? 4
                                                              : 0;
  for (std::size_t i = 1; i < length; ++i)
    if ((ByteAt(text, i) & 0xc0) != 0x80) return 0;
  const unsigned second = ByteAt(text, 1);
  const bool overlong = (first == 0xe0 && second < 0xa0) || (first == 0xf0 && second < 0x90);
  const bool outside = (first == 0xed && second > 0x9f) || (first == 0xf4 && second > 0x8f);
  return overlong || outside ? 0 : length;
}

}  // namespace

std::string Printable(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const unsigned first = ByteAt(text, 0);
    const std::size_t length = CharacterLength(text);
    if (length == 0)
      out.push_back('?');
    else if (first < 0x20 || first == 0x7f || (first == 0xc2 && ByteAt(text, 1) < 0xa0))
      out.push_back(' ');
    else
      out.append(text.substr(0, length));
    text.remove_prefix(length == 0 ? 1 : length);
  }
  return out;
}

}  // namespace powernode

#include "agent/base/secret.h"

#include <cstring>

#include "agent/base/sha256.h"

namespace powernode {

std::string Secret::Masked() const {
  return "*** (" + std::to_string(value_.size()) + " characters, sha256 " +
         Sha256Hex(value_).substr(0, 8) + ")";
}

void Secret::Wipe(std::string& text) {
  if (text.capacity() > text.size())
    text.resize(text.capacity());  // reaches the short-string buffer too
  ::explicit_bzero(text.data(), text.size());
  text.clear();
}

bool EqualInConstantTime(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  unsigned difference = 0;
  for (std::size_t i = 0; i < a.size(); ++i)
    difference |=
        static_cast<unsigned>(static_cast<unsigned char>(a[i]) ^ static_cast<unsigned char>(b[i]));
  return difference == 0;
}

}  // namespace powernode

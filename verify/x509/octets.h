// Text as the octets that the C libraries take.
#pragma once

#include <string_view>

namespace powernode::verify::x509 {

inline const unsigned char* Octets(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

}  // namespace powernode::verify::x509

#include "mount/composefs/overlay_attributes.h"

#include <cstddef>
#include <span>

namespace powernode::mount::composefs {

bool RedirectsTo(std::string_view redirect, const verify::ObjectVerity& digest) {
  static constexpr std::string_view kDigits = "0123456789abcdef";
  const std::span<const std::byte> bytes = digest.digest().bytes();
  if (redirect.size() != 2 * bytes.size() + 2 || redirect[0] != '/' || redirect[3] != '/')
    return false;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const std::size_t at = i == 0 ? 1 : 2 + 2 * i;  // a slash more behind the first byte
    const unsigned byte = std::to_integer<unsigned>(bytes[i]);
    if (redirect[at] != kDigits[byte >> 4] || redirect[at + 1] != kDigits[byte & 15]) return false;
  }
  return true;
}

}  // namespace powernode::mount::composefs

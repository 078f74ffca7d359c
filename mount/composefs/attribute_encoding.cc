#include "mount/composefs/attribute_encoding.h"

#include <array>

#include "mount/composefs/xxh32.h"

namespace powernode::mount::composefs {
namespace {

constexpr std::uint32_t kFilterSeed = 0x25BBE08F;

struct Beginning {
  std::uint8_t index;
  std::string_view text;
};

constexpr std::array kBeginnings = {
    Beginning{1, "user."},
    Beginning{2, "system.posix_acl_access"},
    Beginning{3, "system.posix_acl_default"},
    Beginning{4, "trusted."},
    Beginning{6, "security."},
};

}  // namespace

StoredName StoreName(std::string_view full_name) {
  for (const Beginning& each : kBeginnings)
    if (full_name.starts_with(each.text)) return {each.index, full_name.substr(each.text.size())};
  return {0, full_name};
}

std::optional<std::string> FullName(const StoredName& stored) {
  if (stored.index == 0) return std::string(stored.rest);
  for (const Beginning& each : kBeginnings)
    if (stored.index == each.index) return std::string(each.text).append(stored.rest);
  return std::nullopt;
}

std::size_t AttributeEntryBytes(const StoredName& name, std::string_view value) {
  return (kAttributeHeaderBytes + name.rest.size() + value.size() + 3) / 4 * 4;
}

std::uint32_t FilterBit(const StoredName& name) {
  return std::uint32_t{1} << Xxh32(name.rest, kFilterSeed + name.index) % 32;
}

}  // namespace powernode::mount::composefs

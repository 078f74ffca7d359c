// How EROFS spells an extended attribute: a number for the common beginnings of names, the rest of
// the name, the value (spec "composefs image", section 9.5; kernel document filesystems/erofs.rst).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace powernode::mount::composefs {

inline constexpr std::size_t kAttributeHeaderBytes = 4;
inline constexpr std::size_t kMaxSharedReferences = 128;  // of one inode

struct StoredName {
  std::uint8_t index = 0;
  std::string_view rest;
};

StoredName StoreName(std::string_view full_name);
// nullopt when no beginning has the index.
std::optional<std::string> FullName(const StoredName& stored);

// Of an entry, padded to a multiple of four.
std::size_t AttributeEntryBytes(const StoredName& name, std::string_view value);

// The bit that says, when it is set, that an inode has no attribute of a name with this hash.
std::uint32_t FilterBit(const StoredName& name);

}  // namespace powernode::mount::composefs

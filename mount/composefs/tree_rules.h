// What a name, a node and an attribute may be: the limits of sections 0.2 and 0.3 of the spec
// "composefs image", and what section 15 wants refused although mkcomposefs takes it. Each check
// gives kInvalid "bad_tree" in the words of whoever wrote the dump or made the directory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "agent/base/result.h"
#include "mount/composefs/tree.h"

namespace powernode::mount::composefs {

inline constexpr std::int64_t kMaxAttributeSpace = 32767;
inline constexpr std::int64_t kFirstAttributeSpace = 12;  // on top, for a node's first attribute

// What one attribute takes of the attribute space.
std::int64_t AttributeSpace(std::size_t name_bytes, std::size_t value_bytes);

Status CheckName(std::string_view name);
Status CheckAttribute(std::string_view name, std::string_view value);
// Not its attributes.
Status CheckNode(const Node& node);

Error BadTree(std::string message);
// For messages: printable, and cut when it is long.
std::string Quoted(std::string_view text);

}  // namespace powernode::mount::composefs

// What an image's attributes say of the tree it was made of: the way back of section 5 of the spec
// "composefs image".
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/base/result.h"
#include "mount/composefs/image_view.h"
#include "mount/composefs/inode_reader.h"
#include "mount/composefs/tree.h"

namespace powernode::mount::composefs {

// All of an inode, by full name. kRefuted "bad_image" when two have one name.
Result<std::vector<Attribute>> ReadAttributes(const ImageView& image, const ImageInode& inode);

// nullptr when there is none.
const std::string* FindAttribute(const std::vector<Attribute>& attributes, std::string_view name);

// Of the value of trusted.overlay.metacopy, which may hold none.
Result<std::optional<verify::ObjectVerity>> ParseMetacopy(std::string_view value);

// An empty file that stands for a whiteout, and a directory that is marked as holding some, as
// RewriteForImage leaves them in this format version.
bool LooksLikeWhiteout(const ImageInode& inode, const std::vector<Attribute>& attributes);
bool HoldsWhiteouts(const std::vector<Attribute>& attributes, int version);

// Takes back what RewriteForImage adds and escapes. The marks of whiteouts go only where it would
// set them again.
enum class WhiteoutRole { kNone, kWhiteout, kHoldsWhiteouts };
void RestoreAttributes(std::vector<Attribute>& attributes, WhiteoutRole role, int version);

}  // namespace powernode::mount::composefs

#include "mount/composefs/image_attributes.h"

#include <algorithm>
#include <span>

#include "mount/composefs/attribute_reader.h"
#include "mount/composefs/overlay_attributes.h"

namespace powernode::mount::composefs {
namespace {

bool HasAll(const std::vector<Attribute>& attributes, std::span<const std::string_view> names,
            std::string_view value) {
  return std::ranges::all_of(names, [&](std::string_view name) {
    const std::string* found = FindAttribute(attributes, name);
    return found != nullptr && *found == value;
  });
}

bool IsAmong(std::span<const std::string_view> names, std::string_view name) {
  return std::ranges::find(names, name) != names.end();
}

bool IsMark(std::string_view name, WhiteoutRole role, int version) {
  switch (role) {
    case WhiteoutRole::kNone:
      return false;
    case WhiteoutRole::kWhiteout:
      return IsAmong(kWhiteoutNames, name);
    case WhiteoutRole::kHoldsWhiteouts:
      return IsAmong(kHoldsWhiteoutsNames, name) ||
             (version == 1 && IsAmong(kOpaqueWithWhiteouts, name));
  }
  return false;
}

}  // namespace

Result<std::vector<Attribute>> ReadAttributes(const ImageView& image, const ImageInode& inode) {
  std::vector<Attribute> attributes;
  ASSIGN_OR_RETURN(AttributeReader reader, AttributeReader::Open(image, inode));
  StoredAttribute stored;
  while (true) {
    ASSIGN_OR_RETURN(const bool more, reader.Next(stored));
    if (!more) break;
    std::optional<std::string> name = FullName(stored.name);
    if (!name)
      return BadImage("an attribute has the unknown name index " +
                      std::to_string(stored.name.index));
    attributes.push_back({*std::move(name), std::string(stored.value)});
  }
  std::ranges::sort(attributes, {}, &Attribute::name);
  if (std::ranges::adjacent_find(attributes, {}, &Attribute::name) != attributes.end())
    return BadImage("two attributes have the same name");
  return attributes;
}

const std::string* FindAttribute(const std::vector<Attribute>& attributes, std::string_view name) {
  const auto found = std::ranges::lower_bound(attributes, name, {}, &Attribute::name);
  return found != attributes.end() && found->name == name ? &found->value : nullptr;
}

Result<std::optional<verify::ObjectVerity>> ParseMetacopy(std::string_view value) {
  if (value.empty()) return std::optional<verify::ObjectVerity>();
  if (value.size() == kMetacopyBytes && value.starts_with(kMetacopyHead)) {
    const auto digest = verify::FsVerityDigest::FromBytes(
        verify::FsVerityAlgorithm::kSha256,
        std::as_bytes(std::span(value.substr(kMetacopyHead.size()))));
    if (digest) return std::optional(verify::ObjectVerity(*digest));
  }
  return BadImage("trusted.overlay.metacopy holds no SHA-256 fs-verity digest");
}

bool LooksLikeWhiteout(const ImageInode& inode, const std::vector<Attribute>& attributes) {
  return inode.IsRegular() && inode.size == 0 && HasAll(attributes, kWhiteoutNames, "");
}

bool HoldsWhiteouts(const std::vector<Attribute>& attributes, int version) {
  return HasAll(attributes, kHoldsWhiteoutsNames, "") &&
         (version == 0 || HasAll(attributes, kOpaqueWithWhiteouts, "x"));
}

void RestoreAttributes(std::vector<Attribute>& attributes, WhiteoutRole role, int version) {
  std::erase_if(attributes, [&](const Attribute& attribute) {
    const bool is_the_images =
        attribute.name.starts_with(kOverlayPrefix) && !attribute.name.starts_with(kEscapedPrefix);
    return is_the_images || IsMark(attribute.name, role, version);
  });
  for (Attribute& attribute : attributes)
    if (attribute.name.starts_with(kEscapedPrefix))
      attribute.name.replace(0, kEscapedPrefix.size(), kOverlayPrefix);
}

}  // namespace powernode::mount::composefs

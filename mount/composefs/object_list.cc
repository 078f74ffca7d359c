#include <algorithm>
#include <optional>

#include "mount/composefs/attribute_reader.h"
#include "mount/composefs/image_attributes.h"
#include "mount/composefs/image_index.h"
#include "mount/composefs/image_reader.h"
#include "mount/composefs/overlay_attributes.h"

namespace powernode::mount::composefs {
namespace {

Error BadReference(std::uint64_t nid, std::string_view why) {
  return Error(ErrorKind::kRefuted, "object_reference_invalid",
               "inode " + std::to_string(nid) + ": " + std::string(why));
}

// What the kernel's overlay would act upon.
struct Reference {
  std::string_view metacopy;
  std::string_view redirect;
};

Result<Reference> ReadReference(const ImageView& image, const ImageInode& inode) {
  static constexpr std::string_view kTrusted = "trusted.";
  static constexpr std::uint8_t kTrustedIndex = 4;
  Reference reference;
  ASSIGN_OR_RETURN(AttributeReader reader, AttributeReader::Open(image, inode));
  StoredAttribute attribute;
  while (true) {
    ASSIGN_OR_RETURN(const bool more, reader.Next(attribute));
    if (!more) return reference;
    if (attribute.name.index != kTrustedIndex) continue;
    for (const auto& [name, value] :
         {std::pair(kMetacopy, &reference.metacopy), std::pair(kRedirect, &reference.redirect)}) {
      if (attribute.name.rest != name.substr(kTrusted.size())) continue;
      if (!value->empty()) return BadReference(inode.nid, "an attribute is there twice");
      *value = attribute.value;
    }
  }
}

Result<NeededObject> NeededBy(const ImageInode& inode, const Reference& reference) {
  const Result<std::optional<verify::ObjectVerity>> digest = ParseMetacopy(reference.metacopy);
  if (!digest) return BadReference(inode.nid, digest.error().message());
  if (!*digest)
    return BadReference(inode.nid, "the file's data is elsewhere, and no digest says what it is");
  if (!RedirectsTo(reference.redirect, **digest))
    return BadReference(inode.nid, "the file's data is not taken from the object with its digest");
  return NeededObject{**digest, inode.size};
}

// Sorts the digests' first bytes as numbers: with the whole objects, sorting would take longer than
// reading them.
std::vector<NeededObject> SortedOnce(const std::vector<NeededObject>& objects) {
  struct Key {
    std::uint64_t first_bytes;
    std::uint32_t at;
  };
  std::vector<Key> keys;
  keys.reserve(objects.size());
  for (std::uint32_t at = 0; at < objects.size(); ++at) {
    std::uint64_t first_bytes = 0;
    for (const std::byte byte : objects[at].digest.digest().bytes().first(8))
      first_bytes = first_bytes << 8 | std::to_integer<std::uint64_t>(byte);
    keys.push_back({first_bytes, at});
  }
  std::ranges::sort(keys, [&objects](const Key& a, const Key& b) {
    if (a.first_bytes != b.first_bytes) return a.first_bytes < b.first_bytes;
    return objects[a.at] < objects[b.at];
  });
  std::vector<NeededObject> sorted;
  sorted.reserve(objects.size());
  for (const Key& key : keys)
    if (sorted.empty() || sorted.back() != objects[key.at]) sorted.push_back(objects[key.at]);
  return sorted;
}

}  // namespace

Result<std::vector<NeededObject>> ListObjects(std::span<const std::byte> image) {
  ASSIGN_OR_RETURN(const ImageView view, ImageView::Open(image));
  ASSIGN_OR_RETURN(const ImageIndex index, ImageIndex::Make(view));
  std::vector<NeededObject> objects;
  for (std::size_t place = 0; place < index.size(); ++place) {
    ASSIGN_OR_RETURN(const ImageInode inode, ReadInode(view, index.nid(place)));
    ASSIGN_OR_RETURN(const Reference reference, ReadReference(view, inode));
    if (inode.IsExternal()) {
      ASSIGN_OR_RETURN(NeededObject object, NeededBy(inode, reference));
      objects.push_back(object);
    } else if (!reference.metacopy.empty() || !reference.redirect.empty()) {
      return BadReference(inode.nid,
                          "something that is no file with data elsewhere names an object");
    }
  }
  objects = SortedOnce(objects);
  const auto two_sizes = std::ranges::adjacent_find(objects, {}, &NeededObject::digest);
  if (two_sizes != objects.end())
    return Error(
        ErrorKind::kRefuted, "object_reference_invalid",
        "two files name the object " + two_sizes->digest.Hex() + " and say different sizes of it");
  return objects;
}

}  // namespace powernode::mount::composefs

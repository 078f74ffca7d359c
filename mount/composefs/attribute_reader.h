// An inode's extended attributes as an image holds them, inline and shared (spec "composefs image",
// sections 9.4 and 9.5).
#pragma once

#include <cstdint>
#include <string_view>

#include "agent/base/result.h"
#include "mount/composefs/attribute_encoding.h"
#include "mount/composefs/image_view.h"
#include "mount/composefs/inode_reader.h"

namespace powernode::mount::composefs {

struct StoredAttribute {
  StoredName name;
  std::string_view value;
};

class AttributeReader {
 public:
  // Precondition: ReadInode gave `inode`.
  static Result<AttributeReader> Open(const ImageView& image, const ImageInode& inode);

  // False after the last one.
  Result<bool> Next(StoredAttribute& attribute);

 private:
  explicit AttributeReader(const ImageView& image) : image_(&image) {}

  // An entry that ends before `end`.
  Result<StoredAttribute> ReadEntry(std::uint64_t offset, std::uint64_t end) const;

  const ImageView* image_;
  std::uint64_t next_reference_ = 0;
  std::uint64_t next_inline_ = 0;
  std::uint64_t end_ = 0;
  std::uint64_t references_end_ = 0;
};

}  // namespace powernode::mount::composefs

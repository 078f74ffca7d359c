#include "mount/composefs/attribute_reader.h"

namespace powernode::mount::composefs {

Result<AttributeReader> AttributeReader::Open(const ImageView& image, const ImageInode& inode) {
  AttributeReader reader(image);
  if (inode.attributes_begin == inode.attributes_end) return reader;
  const std::uint64_t references = image.Number(inode.attributes_begin + 4, 1);
  reader.next_reference_ = inode.attributes_begin + kAttributeBodyHead;
  reader.references_end_ = reader.next_reference_ + references * sizeof(std::uint32_t);
  reader.next_inline_ = reader.references_end_;
  reader.end_ = inode.attributes_end;
  if (reader.references_end_ > reader.end_)
    return BadImage("inode " + std::to_string(inode.nid) +
                    " has more references to attributes than room for them");
  return reader;
}

Result<bool> AttributeReader::Next(StoredAttribute& attribute) {
  if (next_reference_ < references_end_) {
    const std::uint64_t offset =
        image_->shared_begin() + std::uint64_t{image_->U32(next_reference_)} * 4;
    next_reference_ += sizeof(std::uint32_t);
    ASSIGN_OR_RETURN(attribute, ReadEntry(offset, image_->size()));
    return true;
  }
  if (next_inline_ >= end_) return false;
  ASSIGN_OR_RETURN(attribute, ReadEntry(next_inline_, end_));
  next_inline_ += AttributeEntryBytes(attribute.name, attribute.value);
  return true;
}

Result<StoredAttribute> AttributeReader::ReadEntry(std::uint64_t offset, std::uint64_t end) const {
  const auto outside = [offset] {
    return BadImage("the attribute at byte " + std::to_string(offset) +
                    " ends outside of its place");
  };
  if (offset > end || end - offset < kAttributeHeaderBytes) return outside();
  const std::uint64_t name_bytes = image_->Number(offset, 1);
  const std::uint64_t value_bytes = image_->U16(offset + 2);
  const std::uint64_t name = offset + kAttributeHeaderBytes;
  if (end - name < name_bytes + value_bytes) return outside();
  return StoredAttribute{
      {static_cast<std::uint8_t>(image_->Number(offset + 1, 1)), image_->Text(name, name_bytes)},
      image_->Text(name + name_bytes, value_bytes)};
}

}  // namespace powernode::mount::composefs

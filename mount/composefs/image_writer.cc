#include "mount/composefs/image_writer.h"

#include <algorithm>
#include <utility>

#include "mount/composefs/directory_blocks.h"
#include "mount/composefs/entry_type.h"
#include "mount/composefs/image_buffer.h"
#include "mount/composefs/image_format.h"
#include "mount/composefs/inode_order.h"
#include "mount/composefs/layout.h"
#include "mount/composefs/overlay_attributes.h"
#include "mount/composefs/rewrite.h"
#include "mount/composefs/shared_attributes.h"
#include "mount/composefs/tree_paths.h"

namespace powernode::mount::composefs {
namespace {

DataLayout LayoutOf(const Node& node, const InodePlace& place) {
  if (node.IsExternal()) return DataLayout::kChunks;
  return place.tail > 0 ? DataLayout::kInlineTail : DataLayout::kFlat;
}

std::uint64_t SizeOf(const Node& node, const InodePlace& place) {
  if (node.IsDirectory()) return kBlockBytes * place.blocks + place.tail;
  return node.IsRegular() || node.IsSymlink() ? node.size : 0;
}

class ImageWriter {
 public:
  ImageWriter(const InodeOrder& order, const SharedAttributes& attributes,
              const ImageLayout& layout, const ImageSink& sink)
      : order_(order), attributes_(attributes), layout_(layout), out_(sink) {}

  Result<std::uint64_t> Write(int version);

 private:
  void WriteHeader(int version);
  void WriteSuperblock();
  void WriteInode(std::uint32_t inode);
  void WriteCompact(std::uint32_t inode);
  void WriteExtended(std::uint32_t inode);
  std::uint32_t Union(std::uint32_t inode);
  void WriteAttributes(std::uint32_t inode);
  void WriteAttribute(const AttributePair& pair);
  void WriteTail(std::uint32_t inode);
  Status WriteBlocks(std::uint32_t inode);
  void WriteDirectoryBlock(const DirectoryBlock& block);
  std::uint16_t AttributeCount(const InodePlace& place) const;

  const InodeOrder& order_;
  const SharedAttributes& attributes_;
  const ImageLayout& layout_;
  ImageBuffer out_;
  std::uint64_t next_block_ = 0;
};

Result<std::uint64_t> ImageWriter::Write(int version) {
  WriteHeader(version);
  WriteSuperblock();
  next_block_ = layout_.data_begin / kBlockBytes;
  for (std::uint32_t inode = 0; inode < order_.size(); ++inode) {
    WriteInode(inode);
    RETURN_IF_ERROR(out_.Drain());
  }
  out_.ZerosUpTo(layout_.inodes_end);
  for (const SharedAttributes::PairId id : attributes_.table()) {
    WriteAttribute(attributes_.pair(id));
    RETURN_IF_ERROR(out_.Drain());
  }
  out_.ZerosUpTo(layout_.data_begin);
  for (std::uint32_t inode = 0; inode < order_.size(); ++inode) RETURN_IF_ERROR(WriteBlocks(inode));
  RETURN_IF_ERROR(out_.Finish());
  return out_.position();
}

void ImageWriter::WriteHeader(int version) {
  std::uint32_t flags = 0;
  for (std::size_t inode = 0; inode < order_.size(); ++inode)
    for (const Attribute& attribute : order_.node(inode).attributes)
      if (attribute.name == kAclAccess || attribute.name == kAclDefault) flags = kAclFlag;
  out_.U32(kComposefsMagic);
  out_.U32(kContainerVersion);
  out_.U32(flags);
  out_.U32(static_cast<std::uint32_t>(version));
  out_.ZerosUpTo(kSuperBlock);
}

void ImageWriter::WriteSuperblock() {
  out_.U32(kErofsMagic);
  out_.U32(0);  // no checksum
  out_.U32(kCompatibleFeatures);
  out_.U8(kBlockBits);
  out_.U8(0);
  out_.U16(static_cast<std::uint16_t>(layout_.inodes[0].nid()));  // at most 164
  out_.U64(order_.size());
  out_.U64(static_cast<std::uint64_t>(order_.earliest().seconds));
  out_.U32(order_.earliest().nanoseconds);
  out_.U32(static_cast<std::uint32_t>(layout_.data_begin / kBlockBytes + layout_.data_blocks));
  out_.U32(0);  // inode addresses count from the image's start
  out_.U32(static_cast<std::uint32_t>(layout_.inodes_end / kBlockBytes));
  out_.ZerosUpTo(kInodeArea);
}

void ImageWriter::WriteInode(std::uint32_t inode) {
  const InodePlace& place = layout_.inodes[inode];
  out_.ZerosUpTo(place.position);
  const std::uint16_t layout = static_cast<std::uint16_t>(LayoutOf(order_.node(inode), place));
  out_.U16(static_cast<std::uint16_t>(layout << 1 | (place.is_extended ? kExtendedForm : 0)));
  out_.U16(AttributeCount(place));
  out_.U16(static_cast<std::uint16_t>(order_.node(inode).mode));
  if (place.is_extended)
    WriteExtended(inode);
  else
    WriteCompact(inode);
  WriteAttributes(inode);
  WriteTail(inode);
}

void ImageWriter::WriteCompact(std::uint32_t inode) {
  const Node& node = order_.node(inode);
  out_.U16(static_cast<std::uint16_t>(node.link_count));
  out_.U32(static_cast<std::uint32_t>(SizeOf(node, layout_.inodes[inode])));
  out_.U32(0);
  out_.U32(Union(inode));
  out_.U32(inode);
  out_.U16(static_cast<std::uint16_t>(node.uid));
  out_.U16(static_cast<std::uint16_t>(node.gid));
  out_.U32(0);
}

void ImageWriter::WriteExtended(std::uint32_t inode) {
  const Node& node = order_.node(inode);
  out_.U16(0);
  out_.U64(SizeOf(node, layout_.inodes[inode]));
  out_.U32(Union(inode));
  out_.U32(inode);
  out_.U32(node.uid);
  out_.U32(node.gid);
  out_.U64(static_cast<std::uint64_t>(node.mtime.seconds));
  out_.U32(node.mtime.nanoseconds);
  out_.U32(node.link_count);
  out_.Zeros(16);
}

// Inodes are written in order, and so are their blocks given out.
std::uint32_t ImageWriter::Union(std::uint32_t inode) {
  const Node& node = order_.node(inode);
  const InodePlace& place = layout_.inodes[inode];
  if (node.IsDevice()) return node.device;
  if (node.IsExternal()) return ChunksOf(node.size).bits - kMinChunkBits;
  if (place.blocks == 0) return 0;
  return static_cast<std::uint32_t>(std::exchange(next_block_, next_block_ + place.blocks));
}

std::uint16_t ImageWriter::AttributeCount(const InodePlace& place) const {
  if (place.body == 0) return 0;
  return static_cast<std::uint16_t>((place.body - kAttributeBodyHead) / 4 + 1);
}

void ImageWriter::WriteAttributes(std::uint32_t inode) {
  const auto pairs = attributes_.OfInode(inode);
  if (pairs.empty()) return;
  const InodePlace& place = layout_.inodes[inode];
  std::uint32_t filter = 0xFFFFFFFF;
  for (const SharedAttributes::PairId id : pairs) filter &= ~attributes_.pair(id).filter_bit;
  out_.U32(filter);
  out_.U8(place.references);
  out_.Zeros(7);
  // The first shared pairs are the references; see AddAttributes in layout.cc.
  unsigned references = 0;
  for (const SharedAttributes::PairId id : pairs) {
    const AttributePair& pair = attributes_.pair(id);
    if (!pair.IsShared() || references == place.references) continue;
    ++references;
    out_.U32(static_cast<std::uint32_t>((layout_.inodes_end % kBlockBytes + pair.offset) / 4));
  }
  references = 0;
  for (const SharedAttributes::PairId id : pairs) {
    const AttributePair& pair = attributes_.pair(id);
    if (pair.IsShared() && references < place.references)
      ++references;
    else
      WriteAttribute(pair);
  }
}

void ImageWriter::WriteAttribute(const AttributePair& pair) {
  out_.U8(static_cast<std::uint8_t>(pair.stored.rest.size()));
  out_.U8(pair.stored.index);
  out_.U16(static_cast<std::uint16_t>(pair.value.size()));
  out_.Bytes(pair.stored.rest);
  out_.Bytes(pair.value);
  out_.ZerosUpTo(Align(out_.position(), 4));
}

void ImageWriter::WriteTail(std::uint32_t inode) {
  const Node& node = order_.node(inode);
  const InodePlace& place = layout_.inodes[inode];
  if (place.tail == 0) return;
  if (node.IsExternal()) {
    for (std::uint32_t i = 0; i < place.tail / 4; ++i) out_.U32(kNoBlock);
  } else if (node.IsSymlink()) {
    out_.Bytes(*node.payload);
  } else if (node.IsRegular()) {
    out_.Bytes(std::string_view(node.content).substr(node.content.size() - place.tail));
  } else {
    std::span<const DirectoryEntry> entries = order_.entries(inode);
    for (std::uint32_t i = 0; i < place.blocks; ++i) TakeDirectoryBlock(entries);
    WriteDirectoryBlock(TakeDirectoryBlock(entries));
  }
}

Status ImageWriter::WriteBlocks(std::uint32_t inode) {
  const Node& node = order_.node(inode);
  std::span<const DirectoryEntry> entries = order_.entries(inode);
  for (std::uint32_t i = 0; i < layout_.inodes[inode].blocks; ++i) {
    if (node.IsDirectory())
      WriteDirectoryBlock(TakeDirectoryBlock(entries));
    else
      out_.Bytes(
          std::string_view(node.IsSymlink() ? *node.payload : node.content).substr(0, kBlockBytes));
    out_.ZerosUpTo(Align(out_.position(), kBlockBytes));
    RETURN_IF_ERROR(out_.Drain());
  }
  return Ok();
}

void ImageWriter::WriteDirectoryBlock(const DirectoryBlock& block) {
  std::uint64_t name = kDirectoryRecordBytes * block.entries.size();
  for (const DirectoryEntry& entry : block.entries) {
    out_.U64(layout_.inodes[entry.inode].nid());
    out_.U16(static_cast<std::uint16_t>(name));
    out_.U8(EntryType(order_.node(entry.inode).mode));
    out_.U8(0);
    name += entry.name.size();
  }
  for (const DirectoryEntry& entry : block.entries) out_.Bytes(entry.name);
}

}  // namespace

Result<WrittenImage> WriteImage(Tree tree, FormatVersions versions, const ImageSink& sink) {
  ASSIGN_OR_RETURN(const int version, RewriteForImage(tree, versions));
  const InodeOrder order(tree);
  const SharedAttributes attributes(order);
  ASSIGN_OR_RETURN(const ImageLayout layout, LayOut(order, attributes));
  ASSIGN_OR_RETURN(const std::uint64_t size,
                   ImageWriter(order, attributes, layout, sink).Write(version));
  return WrittenImage{version, size};
}

}  // namespace powernode::mount::composefs

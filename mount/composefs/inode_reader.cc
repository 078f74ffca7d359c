#include "mount/composefs/inode_reader.h"

#include <algorithm>

namespace powernode::mount::composefs {
namespace {

constexpr std::uint32_t kMaxChunks = 1024;

void ReadCompact(const ImageView& image, std::uint64_t at, ImageInode& inode) {
  inode.link_count = image.U16(at + 6);
  inode.size = image.U32(at + 8);
  inode.uid = image.U16(at + 24);
  inode.gid = image.U16(at + 26);
  inode.mtime = image.build_time();
}

void ReadExtended(const ImageView& image, std::uint64_t at, ImageInode& inode) {
  inode.size = image.Number(at + 8, 8);
  inode.uid = image.U32(at + 24);
  inode.gid = image.U32(at + 28);
  inode.mtime = {static_cast<std::int64_t>(image.Number(at + 32, 8)), image.U32(at + 40)};
  inode.link_count = image.U32(at + 44);
}

// An external file has a list of chunks, all of them absent: overlay takes the data elsewhere.
Status FindChunks(const ImageView& image, ImageInode& inode) {
  if (!inode.IsRegular() || inode.size == 0)
    return BadImage("only files with data can be made of chunks");
  if (inode.address > kMaxChunkBits - kMinChunkBits)
    return BadImage("the chunk format " + std::to_string(inode.address) + " is unknown");
  const std::uint64_t chunks = ((inode.size - 1) >> (inode.address + kMinChunkBits)) + 1;
  if (chunks > kMaxChunks)
    return BadImage("the file has " + std::to_string(chunks) + " chunks, 1024 are the most");
  inode.tail = chunks * sizeof(std::uint32_t);
  if (!image.Has(inode.attributes_end, inode.tail))
    return BadImage("the chunks end behind the image");
  for (std::uint64_t i = 0; i < chunks; ++i)
    if (image.U32(inode.attributes_end + 4 * i) != kNoBlock)
      return BadImage("a chunk of the file is said to be in the image");
  return Ok();
}

Status FindData(const ImageView& image, ImageInode& inode) {
  if (!inode.HasData() && inode.size != 0) return BadImage("a device, fifo or socket has a size");
  if (inode.size > image.size()) return BadImage("the inode's data is larger than the image");
  if (inode.layout == DataLayout::kInlineTail) {
    inode.blocks = inode.size / kBlockBytes;
    inode.tail = inode.size % kBlockBytes;
  } else {
    inode.blocks = Align(inode.size, kBlockBytes) / kBlockBytes;
  }
  if (inode.blocks > 0 && !image.Has(inode.address * kBlockBytes, inode.blocks * kBlockBytes))
    return BadImage("the data's blocks end behind the image");
  if (!image.Has(inode.attributes_end, inode.tail))
    return BadImage("the data ends behind the image");
  if (inode.tail > kBlockBytes - inode.attributes_end % kBlockBytes)
    return BadImage("the end of the data crosses a block, where the kernel does not read it");
  return Ok();
}

Status ReadFields(const ImageView& image, std::uint64_t at, ImageInode& inode) {
  const std::uint32_t format = image.U16(at);
  inode.is_extended = (format & kExtendedForm) != 0;
  inode.layout = static_cast<DataLayout>(format >> 1);
  if (inode.layout != DataLayout::kFlat && inode.layout != DataLayout::kInlineTail &&
      inode.layout != DataLayout::kChunks)
    return BadImage("the data layout " + std::to_string(format >> 1) + " is not one of composefs");
  const std::uint64_t header = inode.is_extended ? kExtendedInodeBytes : kCompactInodeBytes;
  const std::uint32_t attributes = image.U16(at + 2);
  const std::uint64_t body =
      attributes == 0 ? 0 : kAttributeBodyHead + 4 * (std::uint64_t{attributes} - 1);
  if (!image.Has(at, header + body)) return BadImage("the inode ends behind the image");
  inode.attributes_begin = at + header;
  inode.attributes_end = inode.attributes_begin + body;
  inode.mode = image.U16(at + 4);
  inode.address = image.U32(at + 16);
  inode.number = image.U32(at + 20);
  if (inode.is_extended)
    ReadExtended(image, at, inode);
  else
    ReadCompact(image, at, inode);
  return inode.layout == DataLayout::kChunks ? FindChunks(image, inode) : FindData(image, inode);
}

}  // namespace

std::uint64_t ImageInode::ClaimedBytes() const {
  return (is_extended ? kExtendedInodeBytes : kCompactInodeBytes) + attributes_end -
         attributes_begin + tail + blocks * kBlockBytes;
}

Result<ImageInode> ReadInode(const ImageView& image, std::uint64_t nid) {
  Result<ImageInode> inode = ImageInode();
  inode->nid = nid;
  const std::uint64_t at = image.inodes_begin() + nid * kSlotBytes;
  const Status read = nid <= image.size() / kSlotBytes && image.Has(at, kCompactInodeBytes)
                          ? ReadFields(image, at, *inode)
                          : BadImage("the inode lies behind the image");
  if (!read) inode = read.error().WithContext("inode " + std::to_string(nid));
  return inode;
}

InodeData DataOf(const ImageView& image, const ImageInode& inode) {
  InodeData data;
  const std::uint64_t in_blocks =
      std::min(inode.size, inode.blocks * kBlockBytes);  // of a directory, all of them
  if (inode.blocks > 0) data.blocks = image.Text(inode.address * kBlockBytes, in_blocks);
  if (inode.tail > 0) data.tail = image.Text(inode.attributes_end, inode.tail);
  return data;
}

}  // namespace powernode::mount::composefs

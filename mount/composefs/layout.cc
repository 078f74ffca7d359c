#include "mount/composefs/layout.h"

#include <algorithm>
#include <bit>
#include <limits>

#include "mount/composefs/directory_blocks.h"
#include "mount/composefs/image_format.h"
#include "mount/composefs/tree_rules.h"

namespace powernode::mount::composefs {
namespace {

constexpr std::uint64_t kMaxTail = kBlockBytes / 2;  // of directories and contents
constexpr std::uint32_t kMaxCompactId = std::numeric_limits<std::uint16_t>::max();
constexpr std::uint64_t kMaxCompactSize = std::numeric_limits<std::uint32_t>::max();

struct DataSize {
  std::uint32_t blocks = 0;
  std::uint32_t tail = 0;
};

DataSize TailOrBlock(std::uint64_t blocks, std::uint64_t rest) {
  if (rest > kMaxTail) return {static_cast<std::uint32_t>(blocks + 1), 0};
  return {static_cast<std::uint32_t>(blocks), static_cast<std::uint32_t>(rest)};
}

DataSize EstimateDirectory(std::span<const DirectoryEntry> entries) {
  std::uint64_t full = 0;
  while (true) {
    const DirectoryBlock block = TakeDirectoryBlock(entries);
    if (entries.empty()) return TailOrBlock(full, block.bytes);
    ++full;
  }
}

DataSize Estimate(const Node& node, std::span<const DirectoryEntry> entries) {
  if (node.IsDirectory()) return EstimateDirectory(entries);
  if (node.IsSymlink()) return {0, static_cast<std::uint32_t>(node.size)};
  if (node.IsExternal()) return {0, static_cast<std::uint32_t>(4 * ChunksOf(node.size).count)};
  return TailOrBlock(node.content.size() / kBlockBytes, node.content.size() % kBlockBytes);
}

bool FitsCompact(const Node& node, const DataSize& data, const Timestamp& earliest) {
  const std::uint64_t size = node.IsDirectory() ? kBlockBytes * data.blocks + data.tail : node.size;
  return node.mtime == earliest && node.link_count <= kMaxCompactId && node.uid <= kMaxCompactId &&
         node.gid <= kMaxCompactId && size <= kMaxCompactSize;
}

void AddAttributes(InodePlace& place, const SharedAttributes& attributes, std::size_t inode) {
  const auto pairs = attributes.OfInode(inode);
  if (pairs.empty()) return;
  std::size_t body = kAttributeBodyHead;
  for (const SharedAttributes::PairId id : pairs) {
    const AttributePair& pair = attributes.pair(id);
    if (pair.IsShared() && place.references < kMaxSharedReferences) {
      ++place.references;
      body += sizeof(std::uint32_t);
    } else {
      body += AttributeEntryBytes(pair.stored, pair.value);
    }
  }
  place.body = static_cast<std::uint32_t>(body);
}

std::uint64_t LeftInBlock(std::uint64_t position) { return kBlockBytes - position % kBlockBytes; }

// Inode, attributes and target lie in one block, or else the target in one of its own. Both tests
// are made with the target still counted.
void PlaceSymlink(InodePlace& place) {
  const std::uint64_t all = place.header() + place.body + place.tail;
  if (all >= kBlockBytes) {
    place.blocks = 1;
    place.tail = 0;
  }
  if (place.position / kBlockBytes != (place.position + all - 1) / kBlockBytes)
    place.position = Align(place.position, kBlockBytes);
}

// Only the tail lies in one block. False when it cannot.
bool PlaceOther(InodePlace& place) {
  const std::uint64_t head = place.header() + place.body;
  const std::uint64_t left = LeftInBlock(place.position + head);
  if (place.tail <= left) return true;
  const std::uint64_t padding = Align(left, kSlotBytes);
  if (place.tail > LeftInBlock(place.position + head + padding)) return false;
  place.position += padding;
  return true;
}

}  // namespace

std::uint64_t InodePlace::nid() const { return position / kSlotBytes; }
std::uint64_t InodePlace::header() const {
  return is_extended ? kExtendedInodeBytes : kCompactInodeBytes;
}

Chunks ChunksOf(std::uint64_t size) {
  const std::uint32_t bits = std::clamp(static_cast<std::uint32_t>(std::bit_width(size - 1)),
                                        kMinChunkBits, kMaxChunkBits);
  return {bits, ((size - 1) >> bits) + 1};
}

Result<ImageLayout> LayOut(const InodeOrder& order, const SharedAttributes& attributes) {
  ImageLayout layout;
  layout.inodes.reserve(order.size());
  std::uint64_t position = kInodeArea;
  for (std::size_t inode = 0; inode < order.size(); ++inode) {
    const Node& node = order.node(inode);
    const DataSize data = Estimate(node, order.entries(inode));
    InodePlace place{.position = Align(position, kSlotBytes),
                     .tail = data.tail,
                     .blocks = data.blocks,
                     .is_extended = !FitsCompact(node, data, order.earliest())};
    AddAttributes(place, attributes, inode);
    if (node.IsSymlink())
      PlaceSymlink(place);
    else if (!PlaceOther(place))
      return BadTree("a file of " + std::to_string(node.size) +
                     " bytes has more chunks than fit into one block with its inode");
    position = place.position + place.header() + place.body + place.tail;
    layout.data_blocks += place.blocks;
    layout.inodes.push_back(place);
  }
  layout.inodes_end = Align(position, kSlotBytes);
  layout.data_begin = Align(layout.inodes_end + attributes.table_bytes(), kBlockBytes);
  return layout;
}

}  // namespace powernode::mount::composefs

// A directory's entries, parted into the blocks that hold them (spec "composefs image", sections
// 8.2 and 9.6).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "mount/composefs/image_format.h"
#include "mount/composefs/inode_order.h"

namespace powernode::mount::composefs {

struct DirectoryBlock {
  std::span<const DirectoryEntry> entries;
  std::uint32_t bytes = 0;
};

// Takes the next block from the front of `entries`, which is not empty.
inline DirectoryBlock TakeDirectoryBlock(std::span<const DirectoryEntry>& entries) {
  DirectoryBlock block;
  std::size_t count = 0;
  for (; count < entries.size(); ++count) {
    const std::uint64_t bytes = kDirectoryRecordBytes + entries[count].name.size();
    if (block.bytes + bytes > kBlockBytes) break;
    block.bytes += static_cast<std::uint32_t>(bytes);
  }
  block.entries = entries.first(count);
  entries = entries.subspan(count);
  return block;
}

}  // namespace powernode::mount::composefs

// One inode of an image and where its data lies (spec "composefs image", section 9.3), each held to
// the image's length.
#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <string_view>

#include "agent/base/result.h"
#include "mount/composefs/image_format.h"
#include "mount/composefs/image_view.h"
#include "mount/composefs/tree.h"

namespace powernode::mount::composefs {

struct ImageInode {
  std::uint64_t nid = 0;
  std::uint32_t mode = 0;
  std::uint32_t link_count = 0;
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
  std::uint64_t size = 0;  // bytes
  Timestamp mtime;
  std::uint32_t number = 0;
  std::uint32_t address = 0;  // the inode's union: block, device or chunk format
  DataLayout layout = DataLayout::kFlat;
  bool is_extended = false;
  std::uint64_t attributes_begin = 0;
  std::uint64_t attributes_end = 0;  // there, the tail begins
  // What lies outside of the inode: whole blocks, and the tail.
  std::uint64_t blocks = 0;
  std::uint64_t tail = 0;

  bool IsDirectory() const { return S_ISDIR(mode); }
  bool IsRegular() const { return S_ISREG(mode); }
  bool IsSymlink() const { return S_ISLNK(mode); }
  bool HasData() const { return IsDirectory() || IsRegular() || IsSymlink(); }
  bool IsExternal() const { return layout == DataLayout::kChunks; }

  // Of the image, that no other inode may claim.
  std::uint64_t ClaimedBytes() const;
};

Result<ImageInode> ReadInode(const ImageView& image, std::uint64_t nid);

// Of a directory, symlink or file in the image: in whole blocks, and behind the attributes.
struct InodeData {
  std::string_view blocks;
  std::string_view tail;
};

InodeData DataOf(const ImageView& image, const ImageInode& inode);

}  // namespace powernode::mount::composefs

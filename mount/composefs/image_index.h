// Which inodes an image has and under which names: everything that can be reached from its root,
// breadth-first. Made in one walk whose time and memory are bounded by the image's length, whatever
// the image says: inodes may not claim more bytes in sum than there are, each is read once, and a
// directory has one name.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "agent/base/result.h"
#include "mount/composefs/image_view.h"
#include "mount/composefs/inode_reader.h"

namespace powernode::mount::composefs {

struct IndexedEntry {
  std::string_view name;
  std::uint32_t inode = 0;  // its place in the index
};

// Points into the image.
class ImageIndex {
 public:
  static Result<ImageIndex> Make(const ImageView& image);

  // The root is the first.
  std::size_t size() const { return nids_.size(); }
  std::uint64_t nid(std::size_t inode) const { return nids_[inode]; }
  // Of a directory, in byte order of names, without "." and ".."; nothing for others.
  std::span<const IndexedEntry> entries(std::size_t inode) const {
    return std::span(entries_).subspan(first_entry_[inode],
                                       first_entry_[inode + 1] - first_entry_[inode]);
  }

 private:
  explicit ImageIndex(const ImageView& image);

  // The inode's place, which it gets when it is met first.
  Result<std::uint32_t> Meet(std::uint64_t nid, std::uint32_t parent);
  Status ReadEntries(std::uint32_t directory);
  Status AddEntry(std::uint32_t directory, std::uint64_t nid, std::uint8_t type,
                  std::string_view name);

  static constexpr std::uint32_t kUnmet = 0xFFFFFFFF;

  const ImageView* image_;
  std::uint64_t claimed_ = 0;          // bytes
  std::vector<std::uint32_t> places_;  // by nid
  std::vector<std::uint32_t> nids_;    // by place, as are the next two
  std::vector<std::uint32_t> parents_;
  std::vector<std::uint8_t> types_;
  std::vector<IndexedEntry> entries_;
  std::vector<std::size_t> first_entry_;  // by place, and one more
};

}  // namespace powernode::mount::composefs

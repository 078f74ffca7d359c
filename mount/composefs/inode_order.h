// The order of an image's inodes, which is their numbering, and of its directories' entries (spec
// "composefs image", sections 5.4, 6.1 and 6.2), as flat lists that later passes walk.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "mount/composefs/tree.h"

namespace powernode::mount::composefs {

struct DirectoryEntry {
  std::string_view name;    // "." and ".." are among them
  std::uint32_t inode = 0;  // the number of the final target
};

// Breadth-first. Points into the tree that it was made of.
class InodeOrder {
 public:
  explicit InodeOrder(const Tree& tree);

  std::size_t size() const { return nodes_.size(); }
  const Node& node(std::size_t inode) const { return *nodes_[inode]; }
  NodeId id(std::size_t inode) const { return ids_[inode]; }
  // Of a directory, in byte order of names; nothing for others.
  std::span<const DirectoryEntry> entries(std::size_t inode) const {
    return std::span(entries_).subspan(first_entry_[inode],
                                       first_entry_[inode + 1] - first_entry_[inode]);
  }
  Timestamp earliest() const { return earliest_; }

 private:
  void Number(const Tree& tree);
  void ListEntries();

  std::vector<NodeId> ids_;
  std::vector<const Node*> nodes_;
  std::vector<std::uint32_t> parents_;    // by inode number; of a directory
  std::vector<std::uint32_t> numbers_;    // by NodeId
  std::vector<DirectoryEntry> entries_;   // of all directories
  std::vector<std::size_t> first_entry_;  // by inode number, and one more
  Timestamp earliest_;
};

}  // namespace powernode::mount::composefs

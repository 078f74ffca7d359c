#include "mount/composefs/inode_order.h"

#include <algorithm>

namespace powernode::mount::composefs {

InodeOrder::InodeOrder(const Tree& tree) {
  Number(tree);
  ListEntries();
  earliest_ = node(0).mtime;
  for (const Node* each : nodes_) earliest_ = std::min(earliest_, each->mtime);
}

void InodeOrder::Number(const Tree& tree) {
  numbers_.resize(tree.size());
  ids_.reserve(tree.size());
  ids_.push_back(tree.root());
  parents_.push_back(0);
  for (std::uint32_t inode = 0; inode < ids_.size(); ++inode)
    for (const Entry& entry : tree.at(ids_[inode]).entries) {
      if (entry.is_link) continue;
      numbers_[entry.node] = static_cast<std::uint32_t>(ids_.size());
      ids_.push_back(entry.node);
      parents_.push_back(inode);
    }
  nodes_.reserve(ids_.size());
  for (const NodeId id : ids_) nodes_.push_back(&tree.at(id));
}

void InodeOrder::ListEntries() {
  first_entry_.reserve(size() + 1);
  for (std::uint32_t inode = 0; inode < size(); ++inode) {
    first_entry_.push_back(entries_.size());
    if (!node(inode).IsDirectory()) continue;
    for (const Entry& entry : node(inode).entries)
      entries_.push_back({entry.name, numbers_[entry.node]});
    const auto begin = entries_.begin() + static_cast<std::ptrdiff_t>(first_entry_.back());
    const auto dot = std::ranges::lower_bound(begin, entries_.end(), std::string_view("."), {},
                                              &DirectoryEntry::name);
    const auto placed = entries_.insert(dot, {".", inode});
    const auto dot_dot = std::ranges::lower_bound(
        placed + 1, entries_.end(), std::string_view(".."), {}, &DirectoryEntry::name);
    entries_.insert(dot_dot, {"..", parents_[inode]});
  }
  first_entry_.push_back(entries_.size());
}

}  // namespace powernode::mount::composefs

// The attributes of all inodes: which (name, value) pairs are stored once in the table of shared
// attributes, and where (spec "composefs image", section 7).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "mount/composefs/attribute_encoding.h"
#include "mount/composefs/inode_order.h"

namespace powernode::mount::composefs {

struct AttributePair {
  std::string_view name;  // in full
  std::string_view value;
  StoredName stored;
  std::uint32_t filter_bit = 0;
  std::uint32_t inodes = 0;  // that have it
  std::uint32_t offset = 0;  // in the table, when shared

  bool IsShared() const { return inodes > 1; }
};

// Points into the tree behind `order`.
class SharedAttributes {
 public:
  using PairId = std::uint32_t;

  explicit SharedAttributes(const InodeOrder& order);

  // In byte order of names.
  std::span<const PairId> OfInode(std::size_t inode) const {
    return std::span(of_inodes_).subspan(first_[inode], first_[inode + 1] - first_[inode]);
  }
  const AttributePair& pair(PairId id) const { return pairs_[id]; }
  std::span<const PairId> table() const { return table_; }
  std::uint64_t table_bytes() const { return table_bytes_; }

 private:
  class Index;

  void LayOutTable();

  std::vector<AttributePair> pairs_;
  std::vector<PairId> of_inodes_;
  std::vector<std::size_t> first_;  // by inode number, and one more
  std::vector<PairId> table_;       // shared pairs, in the table's order
  std::uint64_t table_bytes_ = 0;
};

}  // namespace powernode::mount::composefs

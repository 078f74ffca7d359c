#include "mount/composefs/shared_attributes.h"

#include <algorithm>
#include <bit>
#include <functional>

namespace powernode::mount::composefs {

// From a pair to its id. Open addressing: there are two pairs for most files, and a node in memory
// for each would cost more than all the rest.
class SharedAttributes::Index {
 public:
  Index(std::vector<AttributePair>& pairs, std::size_t most)
      : pairs_(pairs), slots_(std::bit_ceil(2 * most + 1), kFree) {}

  PairId FindOrAdd(const Attribute& attribute) {
    const std::hash<std::string_view> hash;
    std::size_t slot = hash(attribute.name) * 31 + hash(attribute.value);
    for (;; ++slot) {
      PairId& id = slots_[slot & (slots_.size() - 1)];
      if (id == kFree) {
        id = static_cast<PairId>(pairs_.size());
        const StoredName stored = StoreName(attribute.name);
        pairs_.push_back({.name = attribute.name,
                          .value = attribute.value,
                          .stored = stored,
                          .filter_bit = FilterBit(stored)});
        return id;
      }
      if (pairs_[id].name == attribute.name && pairs_[id].value == attribute.value) return id;
    }
  }

 private:
  static constexpr PairId kFree = static_cast<PairId>(-1);

  std::vector<AttributePair>& pairs_;
  std::vector<PairId> slots_;
};

SharedAttributes::SharedAttributes(const InodeOrder& order) {
  std::size_t attributes = 0;
  for (std::size_t inode = 0; inode < order.size(); ++inode)
    attributes += order.node(inode).attributes.size();
  Index index(pairs_, attributes);
  of_inodes_.reserve(attributes);
  first_.reserve(order.size() + 1);
  for (std::size_t inode = 0; inode < order.size(); ++inode) {
    first_.push_back(of_inodes_.size());
    for (const Attribute& attribute : order.node(inode).attributes) {
      of_inodes_.push_back(index.FindOrAdd(attribute));
      ++pairs_[of_inodes_.back()].inodes;
    }
  }
  first_.push_back(of_inodes_.size());
  LayOutTable();
}

void SharedAttributes::LayOutTable() {
  for (PairId id = 0; id < pairs_.size(); ++id)
    if (pairs_[id].IsShared()) table_.push_back(id);
  std::ranges::sort(table_, [this](PairId left, PairId right) {
    const AttributePair& a = pairs_[left];
    const AttributePair& b = pairs_[right];
    if (a.name != b.name) return a.name > b.name;
    if (a.value.size() != b.value.size()) return a.value.size() > b.value.size();
    return a.value > b.value;
  });
  for (const PairId id : table_) {
    pairs_[id].offset = static_cast<std::uint32_t>(table_bytes_);
    table_bytes_ += AttributeEntryBytes(pairs_[id].stored, pairs_[id].value);
  }
}

}  // namespace powernode::mount::composefs

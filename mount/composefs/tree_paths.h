// Where a tree's nodes are: for dumps, which name a hard link's target by its path, and for
// messages.
#pragma once

#include <string>
#include <vector>

#include "mount/composefs/tree.h"

namespace powernode::mount::composefs {

// For as long as `tree` lives and is not changed.
class TreePaths {
 public:
  explicit TreePaths(const Tree& tree);

  // By the name that introduces it; "/" for the root.
  std::string PathOf(NodeId node) const;

 private:
  struct Place {
    NodeId directory = 0;
    const std::string* name = nullptr;
  };

  std::vector<Place> places_;  // by node
};

}  // namespace powernode::mount::composefs

#include "mount/composefs/tree_paths.h"

#include <algorithm>

namespace powernode::mount::composefs {

TreePaths::TreePaths(const Tree& tree) : places_(tree.size()) {
  for (NodeId directory = 0; directory < tree.size(); ++directory)
    for (const Entry& entry : tree.at(directory).entries)
      if (!entry.is_link) places_[entry.node] = {directory, &entry.name};
}

std::string TreePaths::PathOf(NodeId node) const {
  std::vector<const std::string*> names;
  for (; places_[node].name != nullptr; node = places_[node].directory)
    names.push_back(places_[node].name);
  std::string path;
  std::for_each(names.rbegin(), names.rend(),
                [&path](const std::string* name) { path.append("/").append(*name); });
  return path.empty() ? "/" : path;
}

}  // namespace powernode::mount::composefs

#include "mount/composefs/scanned_directory.h"

#include <utility>

namespace powernode::mount::composefs {
namespace {

struct Visit {
  ScannedDirectory* directory;
  NodeId id;
};

Status SetAttributes(Tree& tree, NodeId id, std::vector<Attribute> attributes) {
  for (Attribute& attribute : attributes)
    RETURN_IF_ERROR(tree.SetAttribute(id, std::move(attribute.name), std::move(attribute.value)));
  return Ok();
}

Result<NodeId> AddEntry(Tree& tree, NodeId parent, ScannedEntry& entry) {
  Node& node = entry.directory == nullptr ? entry.node : entry.directory->node;
  std::vector<Attribute> attributes = std::exchange(node.attributes, {});
  ASSIGN_OR_RETURN(const NodeId id, tree.Add(parent, std::move(entry.name), std::move(node)));
  RETURN_IF_ERROR(SetAttributes(tree, id, std::move(attributes)));
  return id;
}

}  // namespace

std::string PathBelow(const std::string& directory, const std::string& name) {
  return directory.empty() ? name : directory + "/" + name;
}

Result<Tree> TreeOf(ScannedDirectory& root) {
  std::vector<Attribute> attributes = std::exchange(root.node.attributes, {});
  ASSIGN_OR_RETURN(Tree tree, Tree::WithRoot(std::move(root.node)));
  RETURN_IF_ERROR(SetAttributes(tree, tree.root(), std::move(attributes)));

  std::vector<Visit> pending = {{&root, tree.root()}};
  while (!pending.empty()) {
    const Visit visit = pending.back();
    pending.pop_back();
    for (ScannedEntry& entry : std::exchange(visit.directory->entries, {})) {
      const std::string name = entry.name;
      const Result<NodeId> id = AddEntry(tree, visit.id, entry);
      if (!id) return id.error().WithContext(PathBelow(visit.directory->path, name));
      if (entry.directory != nullptr) pending.push_back({entry.directory, *id});
    }
  }
  return tree;
}

}  // namespace powernode::mount::composefs

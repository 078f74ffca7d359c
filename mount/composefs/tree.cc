#include "mount/composefs/tree.h"

#include <sys/stat.h>

#include <algorithm>
#include <utility>

#include "mount/composefs/tree_rules.h"

namespace powernode::mount::composefs {
namespace {

Status SetOn(Node& node, std::string name, std::string value) {
  RETURN_IF_ERROR(CheckAttribute(name, value));
  const auto at = std::ranges::lower_bound(node.attributes, name, {}, &Attribute::name);
  const bool replaces = at != node.attributes.end() && at->name == name;

  // Signed, because it goes below zero when a value from before the last reset is replaced.
  std::int64_t space = node.attribute_space;
  const std::size_t others = node.attributes.size() - (replaces ? 1 : 0);
  if (replaces && others == 0) space = 0;
  if (replaces && others != 0) space -= AttributeSpace(name.size(), at->value.size());
  space += AttributeSpace(name.size(), value.size());
  if (others == 0) space += kFirstAttributeSpace;
  if (space < 0 || space > kMaxAttributeSpace)
    return BadTree("the attributes take " + std::to_string(space) + " bytes with " + Quoted(name) +
                   ", the attribute space is " + std::to_string(kMaxAttributeSpace));

  node.attribute_space = static_cast<std::uint32_t>(space);
  if (replaces)
    at->value = std::move(value);
  else
    node.attributes.insert(at, {std::move(name), std::move(value)});
  return Ok();
}

Status SetAll(Node& node, std::vector<Attribute> attributes) {
  node.attribute_space = 0;
  node.attributes.clear();
  node.attributes.reserve(attributes.size());
  for (Attribute& each : attributes)
    RETURN_IF_ERROR(SetOn(node, std::move(each.name), std::move(each.value)));
  return Ok();
}

// As the image will keep it.
Result<Node> Accepted(Node node) {
  RETURN_IF_ERROR(CheckNode(node));
  if (node.IsSymlink()) node.size = node.payload->size();
  if (!node.IsRegular()) node.content.clear();
  if (!node.IsExternal()) node.digest.reset();
  if (!node.IsSymlink() && (!node.IsExternal() || node.payload == "")) node.payload.reset();
  if (!node.IsDevice()) node.device = 0;
  RETURN_IF_ERROR(SetAll(node, std::exchange(node.attributes, {})));
  return node;
}

}  // namespace

bool Node::IsDirectory() const { return S_ISDIR(mode); }
bool Node::IsRegular() const { return S_ISREG(mode); }
bool Node::IsSymlink() const { return S_ISLNK(mode); }
bool Node::IsDevice() const { return S_ISCHR(mode) || S_ISBLK(mode); }
bool Node::IsWhiteout() const { return S_ISCHR(mode) && device == 0; }
bool Node::IsExternal() const { return S_ISREG(mode) && size > 0 && content.empty(); }

Result<Tree> Tree::WithRoot(Node root) {
  if (!root.IsDirectory()) return BadTree("the root is not a directory");
  ASSIGN_OR_RETURN(root, Accepted(std::move(root)));
  Tree tree;
  tree.nodes_.push_back(std::move(root));
  return tree;
}

Result<NodeId> Tree::Add(NodeId directory, std::string name, Node node) {
  RETURN_IF_ERROR(CheckName(name));
  ASSIGN_OR_RETURN(node, Accepted(std::move(node)));
  const NodeId id = static_cast<NodeId>(nodes_.size());
  RETURN_IF_ERROR(Insert(directory, {std::move(name), id, false}));
  nodes_.push_back(std::move(node));
  return id;
}

Status Tree::Link(NodeId directory, std::string name, NodeId node) {
  RETURN_IF_ERROR(CheckName(name));
  if (at(node).IsDirectory()) return BadTree("a hard link cannot name a directory");
  return Insert(directory, {std::move(name), node, true});
}

Status Tree::Insert(NodeId directory, Entry entry) {
  if (!at(directory).IsDirectory())
    return BadTree("what should hold " + Quoted(entry.name) + " is not a directory");
  Entries& entries = at(directory).entries;
  const std::size_t before = entries.size();
  const auto inserted = entries.insert(entries.end(), std::move(entry));  // mostly in order
  if (entries.size() == before)
    return BadTree("the name " + Quoted(inserted->name) + " is there already");
  return Ok();
}

Status Tree::SetAttribute(NodeId id, std::string name, std::string value) {
  return SetOn(at(id), std::move(name), std::move(value));
}

const Entry* Tree::Find(NodeId directory, std::string_view name) const {
  const Entries& entries = at(directory).entries;
  const auto found = entries.find(name);
  return found == entries.end() ? nullptr : &*found;
}

}  // namespace powernode::mount::composefs

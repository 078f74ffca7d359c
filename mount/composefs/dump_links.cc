#include "mount/composefs/dump_links.h"

#include <algorithm>

#include "mount/composefs/dump_line.h"
#include "mount/composefs/tree_rules.h"

namespace powernode::mount::composefs {

void DumpLinks::Add(std::size_t line, NodeId directory, std::string name, std::string target) {
  index_.emplace(std::pair(directory, name), links_.size());
  links_.push_back(
      {.line = line, .directory = directory, .name = std::move(name), .target = std::move(target)});
}

bool DumpLinks::Has(NodeId directory, const std::string& name) const {
  return !index_.empty() && index_.contains(std::pair(directory, name));
}

Status DumpLinks::Resolve(Tree& tree) {
  // All targets are looked up before the first link is in the tree, where it would look like one.
  for (std::size_t i = 0; i < links_.size(); ++i) RETURN_IF_ERROR(ResolveOne(tree, i));
  for (Pending& link : links_) {
    const Status linked = tree.Link(link.directory, link.name, link.node);
    if (!linked) return AtLine(link.line, linked.error());
  }
  return Ok();
}

Status DumpLinks::ResolveOne(const Tree& tree, std::size_t link) {
  std::vector<Pending*> chain;
  Pending* next = &links_[link];
  while (next != nullptr && next->progress != Progress::kDone) {
    if (next->progress == Progress::kStarted)
      return AtLine(links_[link].line, BadDump("the hard link leads in a circle, to no file: " +
                                               Quoted(links_[link].target)));
    next->progress = Progress::kStarted;
    chain.push_back(next);
    Result<Pending*> followed = Follow(tree, *next);
    if (!followed) return AtLine(next->line, followed.error());
    next = *followed;
  }
  const NodeId node = next != nullptr ? next->node : chain.back()->node;
  for (Pending* each : chain) {
    each->node = node;
    each->progress = Progress::kDone;
  }
  return Ok();
}

Result<DumpLinks::Pending*> DumpLinks::Follow(const Tree& tree, Pending& link) {
  NodeId at = tree.root();
  std::string_view rest = link.target;
  for (std::string_view name = TakeComponent(rest); !name.empty(); name = TakeComponent(rest)) {
    if (const Entry* entry = tree.Find(at, name)) {
      at = entry->node;
      continue;
    }
    const auto other = index_.find(std::pair(at, std::string(name)));
    if (other == index_.end() || !TakeComponent(rest).empty())
      return BadDump("the target of the hard link does not exist: " + Quoted(link.target));
    return &links_[other->second];
  }
  if (tree.at(at).IsDirectory())
    return BadDump("the target of the hard link is a directory: " + Quoted(link.target));
  link.node = at;
  return nullptr;
}

std::string_view TakeComponent(std::string_view& path) {
  path.remove_prefix(std::min(path.find_first_not_of('/'), path.size()));
  const std::string_view component = path.substr(0, path.find('/'));
  path.remove_prefix(component.size());
  return component;
}

Error AtLine(std::size_t line, const Error& error) {
  return BadDump("line " + std::to_string(line) + ": " + error.message());
}

}  // namespace powernode::mount::composefs

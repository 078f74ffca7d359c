#include <cstddef>
#include <optional>
#include <string>
#include <utility>

#include "mount/composefs/dump.h"
#include "mount/composefs/dump_line.h"
#include "mount/composefs/dump_links.h"
#include "mount/composefs/tree_rules.h"

namespace powernode::mount::composefs {
namespace {

class DumpReader {
 public:
  Status AddLine(std::size_t number, std::string_view line);
  Result<Tree> Finish() &&;

 private:
  Status AddRoot(DumpLine parsed);
  Status AddChild(std::size_t number, std::string_view path, DumpLine parsed);
  Result<NodeId> FindDirectory(std::string_view path);

  std::optional<Tree> tree_;
  DumpLinks links_;
  std::string last_parent_;  // most lines have the parent of the line before
  NodeId last_directory_ = 0;
};

Status DumpReader::AddLine(std::size_t number, std::string_view line) {
  ASSIGN_OR_RETURN(DumpLine parsed, ParseDumpLine(line));
  const std::string path = std::move(parsed.path);
  if (path != "/" && !tree_)
    return BadDump(Quoted(path) + " comes before the root (the line of /)");
  const Status added =
      path == "/" ? AddRoot(std::move(parsed)) : AddChild(number, path, std::move(parsed));
  return added ? Ok() : added.error().WithContext(Quoted(path));
}

Status DumpReader::AddRoot(DumpLine parsed) {
  if (tree_) return BadDump("the root is there already");
  if (parsed.is_link) return BadDump("the root cannot be a hard link");
  ASSIGN_OR_RETURN(tree_, Tree::WithRoot(std::move(parsed.node)));
  return Ok();
}

Status DumpReader::AddChild(std::size_t number, std::string_view path, DumpLine parsed) {
  const std::size_t slash = path.rfind('/');  // npos + 1 is 0
  std::string name(path.substr(slash + 1));
  RETURN_IF_ERROR(CheckName(name));
  ASSIGN_OR_RETURN(const NodeId directory, FindDirectory(path.substr(0, slash + 1)));
  if (links_.Has(directory, name)) return BadDump("the name is there already, as a hard link");
  if (!parsed.is_link) {
    ASSIGN_OR_RETURN([[maybe_unused]] const NodeId id,
                     tree_->Add(directory, std::move(name), std::move(parsed.node)));
    return Ok();
  }
  if (tree_->Find(directory, name) != nullptr) return BadDump("the name is there already");
  links_.Add(number, directory, std::move(name), std::move(parsed.link_target));
  return Ok();
}

Result<NodeId> DumpReader::FindDirectory(std::string_view path) {
  if (path == last_parent_) return last_directory_;
  NodeId at = tree_->root();
  std::string_view rest = path;
  for (std::string_view name = TakeComponent(rest); !name.empty(); name = TakeComponent(rest)) {
    const Entry* entry = tree_->Find(at, name);
    if (entry == nullptr)
      return BadDump("the parent directory " + Quoted(name) +
                     " is on no earlier line (directories come before what they hold)");
    if (!tree_->at(entry->node).IsDirectory())
      return BadDump("the parent " + Quoted(name) + " is not a directory");
    at = entry->node;
  }
  last_parent_ = path;
  last_directory_ = at;
  return at;
}

Result<Tree> DumpReader::Finish() && {
  if (!tree_) return BadDump("the dump has no lines");
  RETURN_IF_ERROR(links_.Resolve(*tree_));
  return *std::move(tree_);
}

}  // namespace

Result<Tree> ReadDump(std::string_view text) {
  DumpReader reader;
  for (std::size_t number = 1; !text.empty(); ++number) {
    const std::size_t newline = text.find('\n');
    const Status added = reader.AddLine(number, text.substr(0, newline));
    if (!added) return AtLine(number, added.error());
    text.remove_prefix(newline == std::string_view::npos ? text.size() : newline + 1);
  }
  return std::move(reader).Finish();
}

}  // namespace powernode::mount::composefs

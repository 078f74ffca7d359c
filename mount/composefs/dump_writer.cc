#include <charconv>
#include <iterator>
#include <utility>
#include <vector>

#include "mount/composefs/dump.h"
#include "mount/composefs/dump_text.h"
#include "mount/composefs/tree_paths.h"

namespace powernode::mount::composefs {
namespace {

void AppendNumber(std::string& out, auto value, int base = 10) {
  char digits[24];
  const auto end = std::to_chars(std::begin(digits), std::end(digits), value, base).ptr;
  out.append(digits, end);
}

void AppendOptional(std::string& out, std::string_view bytes) {
  out += ' ';
  if (bytes.empty())
    out += '-';
  else if (bytes == "-")
    out += "\\x2d";
  else
    AppendEscaped(out, bytes, EqualsSign::kPlain);
}

enum class Line { kNode, kLink };

void AppendMetadata(std::string& out, const Node& node, Line line) {
  out += ' ';
  AppendNumber(out, node.IsDirectory() ? 0 : node.size);
  out += line == Line::kLink ? " @" : " ";
  AppendNumber(out, node.mode, 8);
  for (const std::uint32_t number : {node.link_count, node.uid, node.gid, node.device}) {
    out += ' ';
    AppendNumber(out, number);
  }
  out += ' ';
  AppendNumber(out, node.mtime.seconds);
  out += '.';
  AppendNumber(out, node.mtime.nanoseconds);
}

void AppendNode(std::string& out, const Node& node) {
  AppendMetadata(out, node, Line::kNode);
  AppendOptional(out, node.payload ? std::string_view(*node.payload) : std::string_view());
  AppendOptional(out, node.content);
  AppendOptional(out, node.digest ? node.digest->Hex() : std::string());
  for (const Attribute& attribute : node.attributes) {
    out += ' ';
    AppendEscaped(out, attribute.name, EqualsSign::kEscaped);
    out += '=';
    AppendEscaped(out, attribute.value, EqualsSign::kEscaped);
  }
  out += '\n';
}

class DumpWriter {
 public:
  explicit DumpWriter(const Tree& tree) : tree_(tree), paths_(tree) {}

  std::string Write() &&;

 private:
  void WriteEntry(const Entry& entry);

  struct OpenDirectory {
    Entries::const_iterator next;
    Entries::const_iterator end;
    std::size_t path_bytes;  // of the directory itself, "" for the root
  };

  void Enter(NodeId directory) {
    const Entries& entries = tree_.at(directory).entries;
    open_.push_back({entries.begin(), entries.end(), path_.size()});
  }

  const Tree& tree_;
  TreePaths paths_;
  std::vector<OpenDirectory> open_;
  std::string path_;  // escaped
  std::string out_;
};

std::string DumpWriter::Write() && {
  out_ += '/';
  AppendNode(out_, tree_.at(tree_.root()));
  Enter(tree_.root());
  while (!open_.empty()) {
    OpenDirectory& directory = open_.back();
    path_.resize(directory.path_bytes);
    if (directory.next == directory.end)
      open_.pop_back();
    else
      WriteEntry(*directory.next++);
  }
  return std::move(out_);
}

void DumpWriter::WriteEntry(const Entry& entry) {
  const Node& node = tree_.at(entry.node);
  path_ += '/';
  AppendEscaped(path_, entry.name, EqualsSign::kPlain);
  out_ += path_;
  if (!entry.is_link) {
    AppendNode(out_, node);
    if (node.IsDirectory()) Enter(entry.node);
    return;
  }
  AppendMetadata(out_, node, Line::kLink);
  AppendOptional(out_, paths_.PathOf(entry.node));
  out_ += " - -\n";
}

}  // namespace

std::string WriteDump(const Tree& tree) { return DumpWriter(tree).Write(); }

}  // namespace powernode::mount::composefs

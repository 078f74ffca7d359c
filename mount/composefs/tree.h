// A file tree as a composefs image describes it: everything of each file but the bytes of those
// that are kept as objects (node-files: spec "composefs image", section 0.1). Dump files,
// directories and images are read into one (ReadDump, ScanDirectory, ReadImage), and written from
// one (WriteDump, WriteImage).
//
// Nodes live as long as the tree and are named by their id. A hard link is an entry whose node has
// an entry elsewhere; the one that `is_link` is false of is where the node was introduced. Children
// are kept in byte order of their names, attributes in byte order of theirs.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "agent/base/result.h"
#include "verify/verity_identity.h"

namespace powernode::mount::composefs {

using NodeId = std::uint32_t;

struct Timestamp {
  std::int64_t seconds = 0;  // since 1970, may be negative
  std::uint32_t nanoseconds = 0;

  auto operator<=>(const Timestamp&) const = default;
};

struct Attribute {
  std::string name;   // in full: "user.a"
  std::string value;  // any bytes
};

struct Entry {
  std::string name;
  NodeId node = 0;
  bool is_link = false;  // a further name of a node that is introduced elsewhere
};

// A set, so that a directory of 300,000 names may be filled in any order.
struct ByName {
  using is_transparent = void;
  static std::string_view NameOf(const Entry& entry) { return entry.name; }
  static std::string_view NameOf(std::string_view name) { return name; }
  bool operator()(const auto& a, const auto& b) const { return NameOf(a) < NameOf(b); }
};
using Entries = std::set<Entry, ByName>;

// The most bytes of content that an image holds of one file, and the most of an external file.
inline constexpr std::size_t kMaxContent = 5000;
inline constexpr std::uint64_t kMaxExternalSize = std::uint64_t{1} << 53;

struct Node {
  std::uint32_t mode = 0;  // as st_mode: type and permissions
  std::uint64_t size = 0;  // bytes; a symlink's is the length of its target
  std::uint32_t link_count = 1;
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
  std::uint32_t device = 0;  // character and block devices: Linux's 32-bit encoding
  Timestamp mtime;
  std::optional<std::string>
      payload;          // symlink: its target; regular file: the object's path in the store
  std::string content;  // a small file's bytes, kept in the image; empty: none
  std::optional<verify::ObjectVerity> digest;  // SHA-256, of an external file's bytes
  std::vector<Attribute> attributes;           // by name
  Entries entries;                             // directories: by name
  std::uint32_t attribute_space = 0;           // spec section 0.3

  bool IsDirectory() const;
  bool IsRegular() const;
  bool IsSymlink() const;
  bool IsDevice() const;    // character or block
  bool IsWhiteout() const;  // character device 0
  bool IsExternal() const;  // a regular file with data that is not in the image
};

class Tree {
 public:
  // With a root directory of the given metadata. kInvalid "bad_tree" when it is no directory or
  // Add would refuse it.
  static Result<Tree> WithRoot(Node root);

  NodeId root() const { return 0; }
  std::size_t size() const { return nodes_.size(); }
  const Node& at(NodeId id) const { return nodes_[id]; }
  Node& at(NodeId id) { return nodes_[id]; }

  // `node` may bring its attributes along, but no entries. What an image does not keep of it is
  // dropped: payload, content and digest where section 2.4 ignores them, an empty payload.
  // kInvalid "bad_tree", naming the rule of sections 0.2 and 15 that `node` or `name` breaks.
  Result<NodeId> Add(NodeId directory, std::string name, Node node);
  // Another name of a node that is in the tree and is no directory.
  Status Link(NodeId directory, std::string name, NodeId node);
  // Replaces one of the same name. kInvalid "bad_tree" beyond the limits of sections 0.2 and 0.3.
  Status SetAttribute(NodeId id, std::string name, std::string value);

  // nullptr when the directory has no such entry.
  const Entry* Find(NodeId directory, std::string_view name) const;

 private:
  Tree() = default;
  Status Insert(NodeId directory, Entry entry);

  std::vector<Node> nodes_;
};

}  // namespace powernode::mount::composefs

#include "mount/composefs/rewrite.h"

#include <sys/stat.h>

#include <algorithm>
#include <string>

#include "mount/composefs/overlay_attributes.h"
#include "mount/composefs/tree_paths.h"

namespace powernode::mount::composefs {
namespace {

constexpr std::uint32_t kHiddenMode = S_IFCHR | 0644;

bool IsVersion(int version) { return version == 0 || version == 1; }

bool HasWhiteout(const Tree& tree) {
  for (NodeId id = 0; id < tree.size(); ++id)
    if (tree.at(id).IsWhiteout()) return true;
  return false;
}

Result<int> ChooseVersion(const Tree& tree, FormatVersions versions) {
  if (!IsVersion(versions.min) || !IsVersion(versions.max))
    return Error(ErrorKind::kInvalid, "bad_version",
                 "the format version of an image is 0 or 1, not " +
                     std::to_string(IsVersion(versions.min) ? versions.max : versions.min));
  return versions.min == 0 && versions.max == 1 && HasWhiteout(tree) ? 1 : versions.min;
}

// All names at once, which keeps them in order.
void EscapeOverlayAttributes(Node& node) {
  for (Attribute& attribute : node.attributes)
    if (attribute.name.starts_with(kOverlayPrefix))
      attribute.name.replace(0, kOverlayPrefix.size(), kEscapedPrefix);
}

class Rewriter {
 public:
  Rewriter(Tree& tree, int version) : tree_(tree), version_(version) {}

  Status Rewrite();

 private:
  Status Set(NodeId id, std::string_view name, std::string_view value) {
    return tree_.SetAttribute(id, std::string(name), std::string(value));
  }

  Status RewriteNode(NodeId id);
  Status RedirectToObject(NodeId id);
  Status RewriteWhiteout(NodeId id);
  Status MarkDirectory(NodeId id);
  Status HideObjectDirectories();

  Tree& tree_;
  const int version_;
};

Status Rewriter::Rewrite() {
  // From here on attribute space is counted anew, as mkcomposefs does (section 0.3).
  for (NodeId id = 0; id < tree_.size(); ++id) {
    tree_.at(id).attribute_space = 0;
    EscapeOverlayAttributes(tree_.at(id));
  }
  for (NodeId id = 0; id < tree_.size(); ++id) {
    const Status rewritten = RewriteNode(id);
    if (!rewritten) return rewritten.error().WithContext(TreePaths(tree_).PathOf(id));
  }
  return HideObjectDirectories();
}

// A directory comes before what it holds, so its whiteouts are still whiteouts.
Status Rewriter::RewriteNode(NodeId id) {
  Node& node = tree_.at(id);
  if (node.IsExternal()) return RedirectToObject(id);
  if (node.IsWhiteout()) return RewriteWhiteout(id);
  if (!node.IsDirectory()) return Ok();

  node.link_count = 2;
  bool has_whiteout = false;
  for (const Entry& entry : node.entries) {
    const Node& child = tree_.at(entry.node);
    if (child.IsDirectory()) ++node.link_count;
    has_whiteout = has_whiteout || (!entry.is_link && child.IsWhiteout());
  }
  return has_whiteout ? MarkDirectory(id) : Ok();
}

Status Rewriter::RedirectToObject(NodeId id) {
  const Node& node = tree_.at(id);
  std::string metacopy;
  if (node.digest) {
    const std::span<const std::byte> digest = node.digest->digest().bytes();
    metacopy.append(kMetacopyHead);
    metacopy.append(reinterpret_cast<const char*>(digest.data()), digest.size());
  }
  RETURN_IF_ERROR(Set(id, kMetacopy, metacopy));
  if (!node.payload || node.payload->empty()) return Ok();
  return Set(id, kRedirect, "/" + *node.payload);
}

Status Rewriter::RewriteWhiteout(NodeId id) {
  Node& node = tree_.at(id);
  node.mode = (node.mode & ~static_cast<std::uint32_t>(S_IFMT)) | S_IFREG;
  node.size = 0;
  for (const std::string_view name : kWhiteoutNames) RETURN_IF_ERROR(Set(id, name, ""));
  return Ok();
}

Status Rewriter::MarkDirectory(NodeId id) {
  for (const std::string_view name : kHoldsWhiteoutsNames) RETURN_IF_ERROR(Set(id, name, ""));
  if (version_ == 0) return Ok();
  for (const std::string_view name : kOpaqueWithWhiteouts) RETURN_IF_ERROR(Set(id, name, "x"));
  return Ok();
}

// As an ordinary lower layer, an object store would otherwise show through.
Status Rewriter::HideObjectDirectories() {
  RETURN_IF_ERROR_CONTEXT(Set(tree_.root(), kOpaque, "y"), "/");
  const Node& root = tree_.at(tree_.root());
  Node hidden;
  hidden.mode = kHiddenMode;
  hidden.uid = root.uid;
  hidden.gid = root.gid;
  hidden.mtime = root.mtime;
  const auto label = std::ranges::find(root.attributes, kSelinux, &Attribute::name);
  if (label != root.attributes.end()) hidden.attributes.push_back(*label);
  for (unsigned i = 0; i < 256; ++i) {
    std::string name = {"0123456789abcdef"[i >> 4], "0123456789abcdef"[i & 15]};
    if (tree_.Find(tree_.root(), name) != nullptr) continue;
    RETURN_IF_ERROR(tree_.Add(tree_.root(), std::move(name), hidden));
  }
  return Ok();
}

}  // namespace

Result<int> RewriteForImage(Tree& tree, FormatVersions versions) {
  ASSIGN_OR_RETURN(const int version, ChooseVersion(tree, versions));
  RETURN_IF_ERROR(Rewriter(tree, version).Rewrite());
  return version;
}

}  // namespace powernode::mount::composefs

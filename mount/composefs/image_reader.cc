#include "mount/composefs/image_reader.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "mount/composefs/image_attributes.h"
#include "mount/composefs/image_index.h"
#include "mount/composefs/image_view.h"
#include "mount/composefs/image_writer.h"
#include "mount/composefs/inode_reader.h"
#include "mount/composefs/introductions.h"
#include "mount/composefs/overlay_attributes.h"

namespace powernode::mount::composefs {
namespace {

constexpr std::uint64_t kTooLargeForCompact = std::uint64_t{1} << 32;
constexpr std::uint32_t kMaxCompactId = std::numeric_limits<std::uint16_t>::max();

class TreeReader {
 public:
  TreeReader(const ImageView& image, const ImageIndex& index) : image_(image), index_(index) {}

  Result<Tree> Read();

 private:
  struct FurtherName {
    std::uint32_t directory;
    std::string_view name;
    std::uint32_t inode;
  };

  Status FindRoles();
  Result<Node> ReadNode(std::uint32_t inode);
  Status ReadData(const ImageInode& inode, const std::vector<Attribute>& attributes, Node& node);
  Status AddEntries(Tree& tree, std::uint32_t directory);
  Status LinkAll(Tree& tree);
  std::uint64_t SizeOfSpecial(const ImageInode& inode) const;
  // "inode 38" in front; what a tree refuses, refutes the image.
  Error AtInode(std::uint32_t inode, const Error& error) const;

  const ImageView& image_;
  const ImageIndex& index_;
  std::vector<Introduction> introductions_;  // by place, as are the next three
  std::vector<WhiteoutRole> roles_;
  std::vector<bool> hidden_;
  std::vector<NodeId> nodes_;
  std::vector<FurtherName> further_names_;
  std::uint64_t attribute_bytes_ = 0;
};

Result<Tree> TreeReader::Read() {
  RETURN_IF_ERROR(FindRoles());
  ASSIGN_OR_RETURN(Node root, ReadNode(0));
  Result<Tree> tree = Tree::WithRoot(std::move(root));
  if (!tree) return AtInode(0, tree.error());
  nodes_.resize(index_.size());
  for (std::uint32_t inode = 0; inode < index_.size(); ++inode)
    RETURN_IF_ERROR(AddEntries(*tree, inode));
  RETURN_IF_ERROR(LinkAll(*tree));
  return tree;
}

Status TreeReader::FindRoles() {
  WhiteoutMarks marks{std::vector<bool>(index_.size()), std::vector<bool>(index_.size())};
  std::vector<std::uint32_t> numbers(index_.size());
  hidden_.resize(index_.size());
  for (std::uint32_t place = 0; place < index_.size(); ++place) {
    ASSIGN_OR_RETURN(const ImageInode inode, ReadInode(image_, index_.nid(place)));
    numbers[place] = inode.number;
    hidden_[place] = S_ISCHR(inode.mode) && inode.address == 0;
    if (!inode.IsDirectory() && !(inode.IsRegular() && inode.size == 0)) continue;
    const auto attributes = ReadAttributes(image_, inode);
    if (!attributes) return AtInode(place, attributes.error());
    if (inode.IsDirectory())
      marks.holds_some[place] = HoldsWhiteouts(*attributes, image_.version());
    else
      marks.looks_like_one[place] = LooksLikeWhiteout(inode, *attributes);
  }

  introductions_ = FindIntroductions(index_, numbers, marks);
  roles_.assign(index_.size(), WhiteoutRole::kNone);
  for (std::uint32_t place = 1; place < index_.size(); ++place) {
    const std::uint32_t directory = introductions_[place].directory;
    if (!marks.looks_like_one[place] || !marks.holds_some[directory]) continue;
    roles_[place] = WhiteoutRole::kWhiteout;
    roles_[directory] = WhiteoutRole::kHoldsWhiteouts;
  }
  return Ok();
}

Status TreeReader::AddEntries(Tree& tree, std::uint32_t directory) {
  const auto entries = index_.entries(directory);
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const auto& [name, inode] = entries[i];
    if (hidden_[inode]) continue;
    const Introduction& introduction = introductions_[inode];
    if (introduction.directory != directory || introduction.entry != i) {
      further_names_.push_back({directory, name, inode});
      continue;
    }
    ASSIGN_OR_RETURN(Node node, ReadNode(inode));
    const Result<NodeId> id = tree.Add(nodes_[directory], std::string(name), std::move(node));
    if (!id) return AtInode(inode, id.error());
    nodes_[inode] = *id;
  }
  return Ok();
}

Status TreeReader::LinkAll(Tree& tree) {
  for (const FurtherName& each : further_names_) {
    const Status linked =
        tree.Link(nodes_[each.directory], std::string(each.name), nodes_[each.inode]);
    if (!linked) return AtInode(each.inode, linked.error());
  }
  return Ok();
}

Result<Node> TreeReader::ReadNode(std::uint32_t place) {
  ASSIGN_OR_RETURN(const ImageInode inode, ReadInode(image_, index_.nid(place)));
  Node node;
  node.mode = inode.mode;
  node.size = inode.HasData() ? inode.size : SizeOfSpecial(inode);
  node.link_count = inode.link_count;
  node.uid = inode.uid;
  node.gid = inode.gid;
  node.mtime = inode.mtime;
  if (S_ISCHR(inode.mode) || S_ISBLK(inode.mode)) node.device = inode.address;

  Result<std::vector<Attribute>> attributes = ReadAttributes(image_, inode);
  if (!attributes) return AtInode(place, attributes.error());
  for (const Attribute& each : *attributes)
    attribute_bytes_ += each.name.size() + each.value.size();
  if (attribute_bytes_ > kMaxImageBytes)
    return AtInode(place, BadImage("shared attributes make the image larger than " +
                                   std::to_string(kMaxImageBytes) + " bytes"));
  const Status data = ReadData(inode, *attributes, node);
  if (!data) return AtInode(place, data.error());

  if (roles_[place] == WhiteoutRole::kWhiteout)
    node.mode = (node.mode & ~static_cast<std::uint32_t>(S_IFMT)) | S_IFCHR;
  RestoreAttributes(*attributes, roles_[place], image_.version());
  node.attributes = *std::move(attributes);
  return node;
}

Status TreeReader::ReadData(const ImageInode& inode, const std::vector<Attribute>& attributes,
                            Node& node) {
  if (inode.IsExternal()) {
    const std::string* metacopy = FindAttribute(attributes, kMetacopy);
    if (metacopy == nullptr)
      return BadImage("a file with data elsewhere lacks trusted.overlay.metacopy");
    ASSIGN_OR_RETURN(node.digest, ParseMetacopy(*metacopy));
    const std::string* redirect = FindAttribute(attributes, kRedirect);
    if (redirect == nullptr) return Ok();
    if (redirect->size() < 2 || redirect->front() != '/')
      return BadImage("trusted.overlay.redirect does not begin with a slash");
    node.payload = redirect->substr(1);
    return Ok();
  }
  if (!inode.IsRegular() && !inode.IsSymlink()) return Ok();
  const InodeData data = DataOf(image_, inode);
  std::string bytes = std::string(data.blocks).append(data.tail);
  if (inode.IsSymlink())
    node.payload = std::move(bytes);
  else
    node.content = std::move(bytes);
  return Ok();
}

// An image keeps of the size of a device, fifo or socket only whether it was too large for a
// compact inode.
std::uint64_t TreeReader::SizeOfSpecial(const ImageInode& inode) const {
  const bool needs_extended = inode.mtime != image_.build_time() ||
                              inode.link_count > kMaxCompactId || inode.uid > kMaxCompactId ||
                              inode.gid > kMaxCompactId;
  return inode.is_extended && !needs_extended ? kTooLargeForCompact : 0;
}

Error TreeReader::AtInode(std::uint32_t inode, const Error& error) const {
  return BadImage("inode " + std::to_string(index_.nid(inode)) + ": " + error.message());
}

}  // namespace

Result<Tree> ReadImage(std::span<const std::byte> image) {
  ASSIGN_OR_RETURN(const ImageView view, ImageView::Open(image));
  ASSIGN_OR_RETURN(const ImageIndex index, ImageIndex::Make(view));
  return TreeReader(view, index).Read();
}

}  // namespace powernode::mount::composefs

#include "tests/mount/composefs_module.h"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include <algorithm>
#include <string_view>

#include "agent/base/files.h"
#include "agent/base/syscalls.h"
#include "mount/composefs/image_writer.h"

namespace powernode::testing {
namespace {

using mount::composefs::Entry;
using mount::composefs::Node;
using mount::composefs::NodeId;
using mount::composefs::Tree;

Node Plain(std::uint32_t mode) { return Node{.mode = mode, .mtime = {.seconds = 1'700'000'000}}; }

template <typename T>
T Must(Result<T> result) {
  REQUIRE_MESSAGE(result.ok(), result.error().message());
  return std::move(result).value();
}

}  // namespace

ComposefsModule::ComposefsModule(const mount::ObjectStore& store)
    : batch_(Must(mount::ObjectBatch::Begin(store, mount::KernelVerity::kLeave))),
      tree_(Must(Tree::WithRoot(Plain(S_IFDIR | 0755)))) {}

NodeId ComposefsModule::At(const std::string& path) const {
  NodeId node = tree_.root();
  for (std::size_t begin = 0; begin < path.size();) {
    const std::size_t end = std::min(path.find('/', begin), path.size());
    const Entry* entry = tree_.Find(node, std::string_view(path).substr(begin, end - begin));
    REQUIRE_MESSAGE(entry != nullptr, path);
    node = entry->node;
    begin = end + 1;
  }
  return node;
}

NodeId ComposefsModule::Above(const std::string& path) {
  NodeId node = tree_.root();
  std::size_t begin = 0;
  for (std::size_t end = path.find('/'); end != std::string::npos; end = path.find('/', begin)) {
    const std::string name = path.substr(begin, end - begin);
    const Entry* entry = tree_.Find(node, name);
    node = entry != nullptr ? entry->node : Must(tree_.Add(node, name, Plain(S_IFDIR | 0755)));
    begin = end + 1;
  }
  return node;
}

void ComposefsModule::Add(const std::string& path, Node node) {
  Must(tree_.Add(Above(path), BaseNameOf(path), std::move(node)));
}

ComposefsModule& ComposefsModule::File(const std::string& path, const std::string& content,
                                       const std::vector<mount::composefs::Attribute>& attributes) {
  Node node = Plain(S_IFREG | 0644);
  node.size = content.size();
  if (!content.empty()) {
    const mount::NeededObject object = Must(batch_.Add(AsBytes(content)));
    node.payload = mount::ObjectStore::NameOf(object.digest);
    node.digest = object.digest;
  }
  Add(path, std::move(node));
  for (const mount::composefs::Attribute& attribute : attributes)
    Set(path, attribute.name, attribute.value);
  return *this;
}

ComposefsModule& ComposefsModule::Directory(const std::string& path) {
  Add(path, Plain(S_IFDIR | 0755));
  return *this;
}

ComposefsModule& ComposefsModule::Link(const std::string& path, const std::string& target) {
  const NodeId node = At(target);
  REQUIRE(tree_.Link(Above(path), BaseNameOf(path), node).ok());
  ++tree_.at(node).link_count;
  return *this;
}

ComposefsModule& ComposefsModule::Whiteout(const std::string& path) {
  Add(path, Plain(S_IFCHR));
  return *this;
}

ComposefsModule& ComposefsModule::Symlink(const std::string& path, const std::string& target) {
  Node node = Plain(S_IFLNK | 0777);
  node.size = target.size();
  node.payload = target;
  Add(path, std::move(node));
  return *this;
}

ComposefsModule& ComposefsModule::Own(const std::string& path, std::uint32_t uid,
                                      std::uint32_t gid) {
  Node& node = tree_.at(At(path));
  node.uid = uid;
  node.gid = gid;
  return *this;
}

ComposefsModule& ComposefsModule::Set(const std::string& path, const std::string& attribute,
                                      const std::string& value) {
  REQUIRE(tree_.SetAttribute(At(path), attribute, value).ok());
  return *this;
}

void ComposefsModule::Write(const std::string& path) {
  Must(batch_.Commit());
  const Fd file = Must(Open(path, O_WRONLY | O_CREAT | O_EXCL, 0600));
  Must(mount::composefs::WriteImage(
      tree_, {}, [&](std::span<const std::byte> bytes) { return WriteAll(file, bytes); }));
}

}  // namespace powernode::testing

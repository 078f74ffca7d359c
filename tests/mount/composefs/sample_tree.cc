#include "tests/mount/composefs/sample_tree.h"

#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <random>
#include <vector>

#include "agent/base/encoding.h"

namespace powernode::testing {

using namespace mount::composefs;

namespace {

constexpr std::string_view kSample =
    "/ 0 40755 2 0 0 0 1700000000.5 - - - user.x=1 security.selinux=label\\x00\n"
    "/file 4 100644 3 0 0 0 1700000000.5 - data - user.shared=a\\x20value user.x=1\n"
    "/external 70000 100755 1 1000 1000 0 1700000001.0 "
    "5c/fe21b86d6aee7c574fe0908e4be1373b2c168fd33726d9a6bbf1602bf8bac0 - "
    "5cfe21b86d6aee7c574fe0908e4be1373b2c168fd33726d9a6bbf1602bf8bac0 user.shared=a\\x20value\n"
    "/empty 0 100600 1 70000 0 0 1700000000.5 - - - "
    "system.posix_acl_access=\\x02\\x00\\x00\\x00 trusted.overlay.opaque=y\n"
    "/link 4 120777 1 0 0 0 1700000000.5 file - -\n"
    "/dir 0 40755 2 0 0 0 1700000000.5 - - -\n"
    "/dir/gone 0 20000 1 0 0 0 1700000000.5 - - -\n"
    "/dir/null 0 20666 1 0 0 259 1700000000.5 - - -\n"
    "/dir/pipe 0 10600 1 0 0 0 1700000000.5 - - -\n"
    "/dir/again 0 @100644 0 0 0 0 0.0 /file - -\n"
    "/a-link-before 0 @100644 0 0 0 0 0.0 /dir/null - -\n";

class TreeMaker {
 public:
  explicit TreeMaker(std::uint32_t seed) : random_(seed) {}

  Tree Make();

 private:
  std::uint32_t Below(std::uint32_t end) { return static_cast<std::uint32_t>(random_() % end); }
  bool OneIn(std::uint32_t chances) { return Below(chances) == 0; }
  std::string Bytes(std::size_t most) {
    std::string bytes(Below(static_cast<std::uint32_t>(most) + 1), '\0');
    for (char& byte : bytes) byte = static_cast<char>(random_());
    return bytes;
  }
  std::string Name() {
    std::string name = Bytes(OneIn(20) ? 255 : 6) + "x";
    name.resize(std::min<std::size_t>(name.size(), 255));
    std::ranges::replace(name, '/', '-');
    std::ranges::replace(name, '\0', '.');
    return OneIn(8) ? HexEncode(name.substr(0, 1)) : name;
  }
  Node Metadata();
  Node MakeRegular();
  Node MakeNode();

  std::mt19937 random_;
};

Node TreeMaker::Metadata() {
  static constexpr std::array<std::uint32_t, 4> kIds = {0, 1000, 65536, 4294967295};
  static constexpr std::array kNames = {
      "user.a",    "user.b", "security.selinux", "trusted.overlay.x", "system.posix_acl_default",
      "trusted.t", "plain"};
  Node node;
  node.mode = Below(010000);
  node.link_count = OneIn(10) ? 70000 : 1;
  node.uid = kIds[OneIn(8) ? Below(4) : 0];
  node.gid = kIds[OneIn(8) ? Below(4) : 0];
  node.mtime = {OneIn(3) ? -1 - std::int64_t{Below(3)} : 7, OneIn(3) ? Below(1000000000) : 0};
  for (const char* name : kNames)
    if (OneIn(5)) node.attributes.push_back({name, OneIn(2) ? Bytes(40) : "common"});
  return node;
}

Node TreeMaker::MakeRegular() {
  Node node = Metadata();
  node.mode |= S_IFREG;
  if (OneIn(3)) return node;
  if (OneIn(2)) {
    node.content = Bytes(OneIn(10) ? 5000 : 300);
    node.size = node.content.size();
    return node;
  }
  node.size = std::uint64_t{1} + (std::uint64_t{random_()} << Below(16));
  std::array<std::byte, 32> digest;
  for (std::byte& byte : digest) byte = static_cast<std::byte>(Below(256));
  if (OneIn(4)) return node;
  node.digest = verify::ObjectVerity(
      *verify::FsVerityDigest::FromBytes(verify::FsVerityAlgorithm::kSha256, digest));
  node.payload = node.digest->Hex().insert(2, 1, '/');
  return node;
}

Node TreeMaker::MakeNode() {
  static constexpr std::array<std::uint32_t, 4> kSpecial = {S_IFCHR, S_IFBLK, S_IFIFO, S_IFSOCK};
  if (OneIn(3)) return MakeRegular();
  Node node = Metadata();
  switch (Below(3)) {
    case 0:
      node.mode |= S_IFDIR;
      break;
    case 1:
      node.mode |= S_IFLNK;
      node.payload = "t" + Bytes(OneIn(10) ? 4000 : 50);
      std::ranges::replace(*node.payload, '\0', '.');
      break;
    default:
      node.mode |= kSpecial[Below(4)];
      node.device = OneIn(2) ? 0 : Below(70000);
      node.size = OneIn(6) ? std::uint64_t{1} << 40 : 0;
  }
  return node;
}

Tree TreeMaker::Make() {
  Node root = Metadata();
  root.mode |= S_IFDIR;
  Tree tree = *Tree::WithRoot(std::move(root));
  std::vector<NodeId> directories = {tree.root()};
  std::vector<NodeId> others;
  for (std::uint32_t left = Below(60); left > 0; --left) {
    const NodeId parent = directories[Below(static_cast<std::uint32_t>(directories.size()))];
    if (!others.empty() && OneIn(6)) {
      // A name that is there already is as good as one line less.
      (void)tree.Link(parent, Name(), others[Below(static_cast<std::uint32_t>(others.size()))]);
      continue;
    }
    const Result<NodeId> id = tree.Add(parent, Name(), MakeNode());
    if (id) (tree.at(*id).IsDirectory() ? directories : others).push_back(*id);
  }
  return tree;
}

}  // namespace

std::string SampleDump() {
  std::string dump(kSample);
  for (int i = 0; i < 256; ++i) {
    const char byte = static_cast<char>(i);
    dump += "/" + HexEncode({&byte, 1}) + " 0 @100644 0 0 0 0 0.0 /file - -\n";
  }
  return dump;
}

Tree RandomTree(std::uint32_t seed) { return TreeMaker(seed).Make(); }

}  // namespace powernode::testing

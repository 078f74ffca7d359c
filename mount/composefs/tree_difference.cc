#include "mount/composefs/tree_difference.h"

#include <sys/stat.h>

#include <algorithm>
#include <map>
#include <utility>

#include "mount/composefs/dump_text.h"

namespace powernode::mount::composefs {
namespace {

using Kind = Difference::Kind;

bool SameAttributes(const std::vector<Attribute>& a, const std::vector<Attribute>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](const Attribute& left, const Attribute& right) {
                      return left.name == right.name && left.value == right.value;
                    });
}

// A directory's size and link count follow from its entries.
std::vector<std::string> ChangesOf(const Node& a, const Node& b) {
  std::vector<std::string> what;
  const auto note = [&what](bool same, const char* word) {
    if (!same) what.emplace_back(word);
  };
  note((a.mode & S_IFMT) == (b.mode & S_IFMT), "type");
  note((a.mode & ~S_IFMT) == (b.mode & ~S_IFMT), "mode");
  note(a.uid == b.uid && a.gid == b.gid, "owner");
  note(a.mtime == b.mtime, "mtime");
  note(SameAttributes(a.attributes, b.attributes), "attributes");
  if (a.IsDirectory() && b.IsDirectory()) return what;
  note(a.link_count == b.link_count, "link count");
  note(a.size == b.size, "size");
  note(a.device == b.device, "device");
  note(a.payload == b.payload, a.IsSymlink() ? "target" : "object");
  note(a.content == b.content, "content");
  note(a.digest == b.digest, "digest");
  return what;
}

class Comparison {
 public:
  Comparison(const Tree& before, const Tree& after) : before_(before), after_(after) {}

  std::vector<Difference> Run() {
    Compare(before_.root(), after_.root(), "");
    while (!pending_.empty()) {
      const Pair pair = std::move(pending_.back());
      pending_.pop_back();
      CompareEntries(pair);
    }
    std::sort(found_.begin(), found_.end(),
              [](const Difference& a, const Difference& b) { return a.path < b.path; });
    return std::move(found_);
  }

 private:
  struct Pair {
    NodeId before;
    NodeId after;
    std::string path;  // not escaped, without a slash at its end
  };

  void Note(Kind kind, const std::string& path, std::vector<std::string> what = {}) {
    std::string escaped;
    AppendEscaped(escaped, path.empty() ? "/" : path, EqualsSign::kPlain);
    found_.push_back({kind, std::move(escaped), std::move(what)});
  }

  // Names that are one file in one tree and two in the other have another partner.
  void Compare(NodeId a, NodeId b, std::string path) {
    const auto [to_after, new_before] = partner_after_.try_emplace(a, b);
    const auto [to_before, new_after] = partner_before_.try_emplace(b, a);
    if (to_after->second != b || to_before->second != a)
      return Note(Kind::kChanged, path, {"hard link"});
    if (!new_before && !new_after) return;  // a further name of what was compared
    std::vector<std::string> what = ChangesOf(before_.at(a), after_.at(b));
    if (!what.empty()) Note(Kind::kChanged, path, std::move(what));
    if (before_.at(a).IsDirectory() && after_.at(b).IsDirectory())
      pending_.push_back({a, b, std::move(path)});
  }

  void CompareEntries(const Pair& pair) {
    const Entries& old_entries = before_.at(pair.before).entries;
    const Entries& new_entries = after_.at(pair.after).entries;
    auto a = old_entries.begin();
    auto b = new_entries.begin();
    while (a != old_entries.end() || b != new_entries.end()) {
      if (b == new_entries.end() || (a != old_entries.end() && a->name < b->name)) {
        Note(Kind::kRemoved, pair.path + "/" + a->name);
        ++a;
      } else if (a == old_entries.end() || b->name < a->name) {
        Note(Kind::kAdded, pair.path + "/" + b->name);
        ++b;
      } else {
        Compare(a->node, b->node, pair.path + "/" + a->name);
        ++a;
        ++b;
      }
    }
  }

  const Tree& before_;
  const Tree& after_;
  std::map<NodeId, NodeId> partner_after_;
  std::map<NodeId, NodeId> partner_before_;
  std::vector<Pair> pending_;
  std::vector<Difference> found_;
};

}  // namespace

std::vector<Difference> CompareTrees(const Tree& before, const Tree& after) {
  return Comparison(before, after).Run();
}

}  // namespace powernode::mount::composefs

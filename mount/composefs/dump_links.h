// The hard links of a dump, whose targets may come on later lines and may be hard links themselves
// (spec "composefs image", section 2.5).
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "agent/base/result.h"
#include "mount/composefs/tree.h"

namespace powernode::mount::composefs {

class DumpLinks {
 public:
  void Add(std::size_t line, NodeId directory, std::string name, std::string target);
  bool Has(NodeId directory, const std::string& name) const;

  // Links all of them, once every other line is in the tree. kInvalid "bad_dump" with the line.
  Status Resolve(Tree& tree);

 private:
  enum class Progress { kUnseen, kStarted, kDone };

  struct Pending {
    std::size_t line = 0;
    NodeId directory = 0;
    std::string name;
    std::string target;
    Progress progress = Progress::kUnseen;
    NodeId node = 0;  // when done
  };

  Status ResolveOne(const Tree& tree, std::size_t link);
  // The link that `link` names, or nullptr when it names a node, which it then knows.
  Result<Pending*> Follow(const Tree& tree, Pending& link);

  std::vector<Pending> links_;
  std::map<std::pair<NodeId, std::string>, std::size_t> index_;
};

// Takes the next component of a path; empty at its end. Slashes in front of it are skipped.
std::string_view TakeComponent(std::string_view& path);

Error AtLine(std::size_t line, const Error& error);

}  // namespace powernode::mount::composefs

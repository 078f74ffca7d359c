// What a scan has found, before it is a tree: the threads that find it write to different entries,
// and the tree is made of them at the end, in the order of the names.
#pragma once

#include <deque>
#include <string>
#include <vector>

#include "agent/base/result.h"
#include "mount/composefs/tree.h"

namespace powernode::mount::composefs {

struct ScannedDirectory;

struct ScannedEntry {
  std::string name;
  unsigned char type = 0;  // DT_REG and so on
  Node node;
  ScannedDirectory* directory = nullptr;  // then `node` is not used
};

struct ScannedDirectory {
  std::string path;  // below the source, without a slash in front; empty: the source
  Node node;
  std::vector<ScannedEntry> entries;  // by name; never resized once its files are being read
};

// "a/b" below the source for ("a", "b"), "b" for ("", "b").
std::string PathBelow(const std::string& directory, const std::string& name);

// Consumes `root` and all below it. Errors of Tree, with the path in front.
Result<Tree> TreeOf(ScannedDirectory& root);

}  // namespace powernode::mount::composefs

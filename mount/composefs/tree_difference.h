// What two trees do not have in common, for people who ask why two images differ.
#pragma once

#include <string>
#include <vector>

#include "mount/composefs/tree.h"

namespace powernode::mount::composefs {

struct Difference {
  enum class Kind { kRemoved, kAdded, kChanged };

  Kind kind = Kind::kChanged;
  std::string path;               // as a dump spells it; of a directory, all below it goes with it
  std::vector<std::string> what;  // kChanged: "mode", "owner", "attributes" and so on
};

// By path, from `before` to `after`; none for trees that make the same image. A directory that is
// only in one is one difference, and so is a name that became a file of another type.
std::vector<Difference> CompareTrees(const Tree& before, const Tree& after);

}  // namespace powernode::mount::composefs

// An image tells hard links apart from the name that introduces an inode by nothing but the
// numbering of the inodes (spec "composefs image", section 6.2). This finds the introducing names
// that give the numbers the image has.
#pragma once

#include <cstdint>
#include <vector>

#include "mount/composefs/image_index.h"

namespace powernode::mount::composefs {

struct Introduction {
  std::uint32_t directory = 0;
  std::size_t entry = 0;  // among the directory's entries
};

// What whiteouts look like: one must be introduced in a directory that is marked for it.
struct WhiteoutMarks {
  std::vector<bool> looks_like_one;  // by place in the index, as is the next
  std::vector<bool> holds_some;
};

// By place in the index. `numbers`: the inodes' numbers in the image. Where they are not in the
// order of section 6.2, as in other writers' images, the first name that is met introduces.
std::vector<Introduction> FindIntroductions(const ImageIndex& index,
                                            const std::vector<std::uint32_t>& numbers,
                                            const WhiteoutMarks& marks);

}  // namespace powernode::mount::composefs

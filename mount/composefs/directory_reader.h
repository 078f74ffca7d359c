// The entries of a directory's data (spec "composefs image", section 9.6).
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>

#include "agent/base/result.h"
#include "mount/composefs/inode_reader.h"

namespace powernode::mount::composefs {

struct StoredEntry {
  std::uint64_t nid = 0;
  std::uint8_t type = 0;
  std::string_view name;
};

// Every entry, "." and ".." too, in the order of names: one that is out of order, where the kernel
// would not find it, or there twice is kRefuted "bad_image".
Status ReadDirectory(const ImageView& image, const ImageInode& inode,
                     const std::function<Status(const StoredEntry&)>& take);

}  // namespace powernode::mount::composefs

// The names in an open directory, with getdents64(2): by descriptor alone, and in bulk.
#pragma once

#include <string>
#include <vector>

#include "agent/base/fd.h"
#include "agent/base/result.h"

namespace powernode::mount::composefs {

struct ListedName {
  std::string name;
  unsigned char type = 0;  // DT_REG and so on, never DT_UNKNOWN
};

// Without "." and "..", in byte order. An entry that goes away meanwhile may or
// may not be among them.
Result<std::vector<ListedName>> ListDirectoryNames(const Fd& directory);

}  // namespace powernode::mount::composefs

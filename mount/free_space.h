// Is there room for a download before its first byte? The floor is space that downloads never use
// (cache_floor_mib), so that a full store never keeps a node from writing its state.
#pragma once

#include <cstdint>
#include <string>

#include "agent/base/result.h"

namespace powernode::mount {

struct SpaceNeed {
  std::uint64_t missing = 0;      // bytes to fetch
  std::uint64_t reserve = 0;      // bytes on top, for what the estimate does not know
  std::uint64_t floor_bytes = 0;  // that must stay free
};

// kNoSpace "no_space", naming `store`, when the file system of `directory` has less.
Status RequireFreeSpace(const std::string& directory, const std::string& store,
                        const SpaceNeed& need);

}  // namespace powernode::mount

// Which module lies over which (node-files.md §11.1): by effective priority ascending, ties by the
// bytes of the lower-case id, low to high. Dependencies, the server's order and names never
// influence it.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "agent/base/result.h"

namespace powernode::mount {

constexpr std::size_t kMaxLayers = 200;

struct LayerKey {
  std::string module_id;
  std::int64_t effective_priority = 0;
};

// Indexes into `modules`, lowest layer first.
// kInvalid "no_layers", "too_many_layers", "duplicate_module" (ids that differ only in case are the
// same).
Result<std::vector<std::size_t>> OrderLayers(std::span<const LayerKey> modules);

}  // namespace powernode::mount

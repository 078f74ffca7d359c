#include "mount/layer_order.h"

#include <algorithm>
#include <numeric>
#include <ranges>
#include <set>

namespace powernode::mount {
namespace {

std::string LowerCase(std::string_view text) {
  std::string lower(text);
  for (char& c : lower)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return lower;
}

}  // namespace

Result<std::vector<std::size_t>> OrderLayers(std::span<const LayerKey> modules) {
  if (modules.empty())
    return Error(ErrorKind::kInvalid, "no_layers", "there is no module to compose");
  if (modules.size() > kMaxLayers)
    return Error(ErrorKind::kInvalid, "too_many_layers",
                 std::to_string(modules.size()) + " modules; at most " +
                     std::to_string(kMaxLayers) + " can be composed");

  std::vector<std::string> ids;
  ids.reserve(modules.size());
  for (const LayerKey& module : modules) ids.push_back(LowerCase(module.module_id));
  std::set<std::string_view> seen;
  for (const std::string& id : ids)
    if (!seen.insert(id).second)
      return Error(ErrorKind::kInvalid, "duplicate_module", "module " + id + " is listed twice");

  std::vector<std::size_t> order(modules.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::sort(order, [&](std::size_t a, std::size_t b) {
    if (modules[a].effective_priority != modules[b].effective_priority)
      return modules[a].effective_priority < modules[b].effective_priority;
    return ids[a] < ids[b];
  });
  return order;
}

}  // namespace powernode::mount

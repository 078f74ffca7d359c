#include "runtime/capability_probe.h"

#include <charconv>
#include <cstdint>
#include <optional>

#include "runtime/unit_value.h"

namespace powernode::runtime {
namespace {

// What follows `key` at the beginning of a line.
std::optional<std::string_view> LineValue(std::string_view text, const std::string& key) {
  const std::size_t found = text.find("\n" + key);
  if (found == std::string_view::npos) return std::nullopt;
  text.remove_prefix(found + 1 + key.size());
  return text.substr(0, text.find('\n'));
}

}  // namespace

std::string CapabilitySurplus(std::string_view unit, std::string_view status) {
  const std::optional<std::string_view> wanted = LineValue(unit, "CapabilityBoundingSet=");
  const std::optional<std::string_view> found = LineValue(status, "CapBnd:\t");
  if (!wanted || !found) return "";
  const bool all_but = wanted->starts_with('~');
  const std::uint64_t named = CapabilityMask(all_but ? wanted->substr(1) : *wanted);
  std::uint64_t bounding = 0;
  if (std::from_chars(found->data(), found->data() + found->size(), bounding, 16).ec != std::errc())
    return "";
  return CapabilityNames(bounding & (all_but ? named : ~named));
}

}  // namespace powernode::runtime

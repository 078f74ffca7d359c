#include "tests/platform/range.h"

#include <algorithm>
#include <charconv>

namespace powernode::platform {
namespace {

std::optional<std::uint64_t> ParseNumber(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

struct Wanted {
  std::uint64_t first = 0;
  std::uint64_t last = 0;  // inclusive, not yet cut to the size
};

// "bytes=N-", "bytes=N-M" or "bytes=-N".
std::optional<Wanted> Parse(std::string_view text, std::uint64_t size) {
  constexpr std::string_view kUnit = "bytes=";
  if (!text.starts_with(kUnit)) return std::nullopt;
  text.remove_prefix(kUnit.size());
  const std::size_t dash = text.find('-');
  if (dash == std::string_view::npos) return std::nullopt;
  const auto first = ParseNumber(text.substr(0, dash));
  const auto last = ParseNumber(text.substr(dash + 1));
  if (dash == 0) {
    if (!last) return std::nullopt;
    return Wanted{.first = *last == 0 ? size : size - std::min(*last, size), .last = UINT64_MAX};
  }
  if (!first) return std::nullopt;
  if (dash + 1 == text.size()) return Wanted{.first = *first, .last = UINT64_MAX};
  if (!last || *last < *first) return std::nullopt;
  return Wanted{.first = *first, .last = *last};
}

}  // namespace

RangePlan PlanRange(const std::string* range, const std::string* if_range, std::string_view etag,
                    std::uint64_t size) {
  const RangePlan whole{.status = 200, .range = {.offset = 0, .length = size}, .content_range = ""};
  if (range == nullptr) return whole;
  if (if_range != nullptr && (if_range->starts_with("W/") || *if_range != etag)) return whole;
  const std::optional<Wanted> wanted = Parse(*range, size);
  if (!wanted) return whole;
  const std::string total = "/" + std::to_string(size);
  if (wanted->first >= size)
    return {.status = 416, .range = {}, .content_range = "bytes *" + total};
  const std::uint64_t last = std::min(wanted->last, size - 1);
  return {.status = 206,
          .range = {.offset = wanted->first, .length = last - wanted->first + 1},
          .content_range =
              "bytes " + std::to_string(wanted->first) + "-" + std::to_string(last) + total};
}

}  // namespace powernode::platform

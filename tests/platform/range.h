// Byte ranges (RFC 9110 §14) as far as a resumable download needs them: one range, If-Range with a
// strong validator. Anything else is answered as if it had not been asked.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace powernode::platform {

struct ByteRange {
  std::uint64_t offset = 0;
  std::uint64_t length = 0;
};

struct RangePlan {
  int status = 200;  // 200 whole, 206 part, 416 nothing
  ByteRange range;
  std::string content_range;  // for 206 and 416
};

// `range` and `if_range` are header values or null; `etag` is the representation's, with quotes.
RangePlan PlanRange(const std::string* range, const std::string* if_range, std::string_view etag,
                    std::uint64_t size);

}  // namespace powernode::platform

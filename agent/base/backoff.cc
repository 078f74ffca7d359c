#include "agent/base/backoff.h"

#include <algorithm>

#include "agent/base/random.h"

namespace powernode {

std::chrono::milliseconds Backoff::Next() {
  const unsigned exponent = std::min(failures_++, 20U);  // 2^20 s is past every cap
  const auto limit = std::min(cap_, base_ * (std::int64_t{1} << exponent));
  return std::chrono::milliseconds(RandomBelow(static_cast<std::uint64_t>(limit.count()) + 1));
}

std::chrono::milliseconds Jittered(std::chrono::milliseconds period, double fraction) {
  const auto spread = static_cast<std::uint64_t>(static_cast<double>(period.count()) * fraction);
  return period - std::chrono::milliseconds(spread) +
         std::chrono::milliseconds(RandomBelow(2 * spread + 1));
}

}  // namespace powernode

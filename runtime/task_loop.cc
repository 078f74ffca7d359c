#include "runtime/task_loop.h"

#include <algorithm>

namespace powernode::runtime {
namespace {

constexpr std::chrono::milliseconds kUntilJoined{20'000};  // and woken when the node has joined

}  // namespace

std::chrono::milliseconds TaskLoop::Tick(std::stop_token stop) {
  const std::shared_ptr<JoinedPlatform> platform = platform_.Get();
  if (!platform) return kUntilJoined;
  const std::chrono::milliseconds wait = runner_.Round(platform->session, std::move(stop));
  if (platform->session.IsRejected()) return std::max(wait, enroll::kRejectedPeriod);
  return std::max(wait, platform->session.AskedToWait(enroll::LaneName::kTask));
}

}  // namespace powernode::runtime

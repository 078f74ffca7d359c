#include "runtime/event_loop.h"

#include <algorithm>

#include "enroll/fleet_events.h"
#include "runtime/event_spool.h"

namespace powernode::runtime {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kPeriod{60'000};
constexpr milliseconds kRouteAbsent{6 * 3600 * 1000};  // node-api.md §3.2, T12

}  // namespace

milliseconds EventLoop::Tick(std::stop_token stop) {
  const std::shared_ptr<JoinedPlatform> platform = platform_.Get();
  if (!platform) return kPeriod;  // and woken when the node has joined
  if (platform->session.IsRejected()) return enroll::kRejectedPeriod;
  while (!stop.stop_requested()) {
    Result<Json> batch = NextEvents(paths_);
    if (!batch || batch->empty()) break;
    for (Json& event : *batch)
      event["payload"]["node_id"] = platform->session.credentials()->instance_id;
    const Result<std::int64_t> written = enroll::SendEvents(platform->session, *batch, stop);
    if (!written && written.error().kind() == ErrorKind::kNotFound) return kRouteAbsent;
    if (!written && written.error().code() != "rejected")
      return std::max(kPeriod, platform->session.AskedToWait(enroll::LaneName::kTask));
    if (!written || *written < static_cast<std::int64_t>(batch->size()))
      log_.Warning("events", "the platform did not take each of " + std::to_string(batch->size()) +
                                 " events");
    if (!DropEvents(paths_, *batch)) break;  // sent again later, with the same ids
  }
  return kPeriod;
}

}  // namespace powernode::runtime

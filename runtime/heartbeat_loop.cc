#include "runtime/heartbeat_loop.h"

#include <algorithm>

#include "agent/base/backoff.h"

namespace powernode::runtime {
namespace {

constexpr std::chrono::seconds kFirstFailureWait{5};
constexpr std::chrono::seconds kLongestFailureWait{120};
// A shorter configured period is an operator's wish to see more, and stands against the platform's.
constexpr std::chrono::seconds kDefaultPeriod{30};
constexpr std::chrono::milliseconds kUntilJoined{500};

}  // namespace

std::chrono::milliseconds HeartbeatLoop::Tick(std::stop_token stop) {
  const std::shared_ptr<JoinedPlatform> platform = platform_.Get();
  if (!platform) return kUntilJoined;
  const std::shared_ptr<const NodeReport> report = board_.Get();
  const enroll::CredentialsPtr credentials = platform->session.credentials();
  const Json body = HeartbeatBody(*report, MeasureVitals(paths_), *credentials, findings_.ToJson(),
                                  clock_.UnixSeconds());
  Result<enroll::HeartbeatAnswer> answer = platform->api.Heartbeat(body, stop);
  if (!answer) return stop.stop_requested() ? kUntilJoined : Failed(answer.error());

  findings_.ClearSubject("heartbeat");
  failure_wait_ = kFirstFailureWait;
  bool first = false;
  {
    const std::scoped_lock lock(mutex_);
    first = last_.at == 0;
    last_ = {.at = clock_.UnixSeconds(), .error = ""};
    if (answer->assignment_revision) assignment_revision_ = answer->assignment_revision;
  }
  if (first)
    log_.Info("heartbeat", "first heartbeat answered by " + credentials->platform.ToString());
  std::chrono::milliseconds next = period_;
  if (answer->next_poll && (period_ >= kDefaultPeriod || *answer->next_poll < period_))
    next = *answer->next_poll;
  return Jittered(next, 0.1);
}

std::chrono::milliseconds HeartbeatLoop::Failed(const Error& error) {
  findings_.Raise(Severity::kMedium, "heartbeat", error);
  {
    const std::scoped_lock lock(mutex_);
    last_.error = error.message();
  }
  const std::chrono::milliseconds wait = Jittered(failure_wait_, 0.1);
  failure_wait_ = std::min(failure_wait_ * 2, kLongestFailureWait);
  return wait;
}

LastHeartbeat HeartbeatLoop::last() const {
  const std::scoped_lock lock(mutex_);
  return last_;
}

std::optional<std::int64_t> HeartbeatLoop::assignment_revision() const {
  const std::scoped_lock lock(mutex_);
  return assignment_revision_;
}

}  // namespace powernode::runtime

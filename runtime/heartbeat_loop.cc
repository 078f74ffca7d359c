#include "runtime/heartbeat_loop.h"

#include <algorithm>

#include "agent/base/backoff.h"

namespace powernode::runtime {
namespace {

constexpr std::chrono::seconds kFirstFailureWait{5};
constexpr std::chrono::seconds kLongestFailureWait{120};
// A shorter configured period is an operator's wish to see more, and stands against the platform's.
constexpr std::chrono::seconds kDefaultPeriod{30};
constexpr std::chrono::milliseconds kUntilJoined{60'000};  // and woken then
constexpr double kSpread = 0.1;
constexpr std::chrono::minutes kLongOutage{2};  // node-api.md §4
constexpr double kOutageSpread = 0.5;

}  // namespace

std::chrono::milliseconds HeartbeatLoop::Tick(std::stop_token stop) {
  const std::shared_ptr<JoinedPlatform> platform = platform_.Get();
  if (!platform) return kUntilJoined;
  const std::shared_ptr<const NodeReport> report = board_.Get();
  const enroll::CredentialsPtr credentials = platform->session.credentials();
  const Json body =
      HeartbeatBody(*report, MeasureVitals(paths_), *credentials, platform->session.mode(),
                    findings_.ToJson(), clock_.UnixSeconds());
  Result<enroll::HeartbeatAnswer> answer = platform->api.Heartbeat(body, stop);
  if (!answer) return stop.stop_requested() ? kUntilJoined : Failed(answer.error());

  findings_.ClearSubject("heartbeat");
  failure_wait_ = kFirstFailureWait;
  bool first = false;
  {
    const std::scoped_lock lock(mutex_);
    first = last_.answered++ == 0;
    if (first) last_.first_at = clock_.Monotonic();
    last_.at = clock_.UnixSeconds();
    last_.error.clear();
    news_.error.reset();
    news_.failing_since = {};
    news_.proven_generation = credentials->generation;
    news_.server_time = answer->server_time;
    if (answer->assignment_revision) news_.assignment_revision = answer->assignment_revision;
    news_.tasks_pending = answer->tasks_pending;
    if (answer->renew_certificate) news_.renewal_wanted = credentials->serial;
  }
  if (first)
    log_.Info("heartbeat", "first heartbeat answered by " + credentials->platform.ToString());
  const std::chrono::milliseconds period = period_;
  std::chrono::milliseconds next = period;
  if (answer->next_poll && (period >= kDefaultPeriod || *answer->next_poll < period))
    next = *answer->next_poll;
  return Jittered(next, kSpread);
}

std::chrono::milliseconds HeartbeatLoop::Failed(const Error& error) {
  findings_.Raise(Severity::kMedium, "heartbeat", error);
  {
    const std::scoped_lock lock(mutex_);
    last_.error = error.message();
    ++last_.failed;
    news_.error = error;
    if (news_.failing_since.count() == 0) news_.failing_since = clock_.Monotonic();
  }
  if (const auto platform = platform_.Get(); platform && platform->session.IsRejected())
    return Jittered(enroll::kRejectedPeriod, kSpread);
  const bool long_outage = clock_.Monotonic() - news().failing_since >= kLongOutage;
  const std::chrono::milliseconds wait =
      Jittered(failure_wait_, long_outage ? kOutageSpread : kSpread);
  failure_wait_ = std::min(failure_wait_ * 2, kLongestFailureWait);
  return wait;
}

LastHeartbeat HeartbeatLoop::last() const {
  const std::scoped_lock lock(mutex_);
  return last_;
}

HeartbeatNews HeartbeatLoop::news() const {
  const std::scoped_lock lock(mutex_);
  return news_;
}

}  // namespace powernode::runtime

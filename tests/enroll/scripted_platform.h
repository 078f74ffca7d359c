// A platform that says what a test wrote down, behind the transport seam: for the order of calls,
// retries and waits. What goes over a wire is tested against the reference control plane.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "agent/base/clock.h"
#include "enroll/transport.h"

namespace powernode::enroll::testing {

using Script = std::function<Result<HttpResponse>(const HttpRequest&)>;

class ScriptedPlatform {
 public:
  // The answer to the next request that has none yet; the last one answers all that follow.
  void Answer(int status, std::string body, std::vector<HttpHeader> headers = {});
  void Answer(Script script);

  // Transports that answer from the script.
  TransportFactory Transports();

  const std::vector<HttpRequest>& requests() const { return requests_; }
  const std::vector<TlsIdentity>& connections() const { return connections_; }

 private:
  friend class ScriptedTransport;
  Result<HttpResponse> Perform(const HttpRequest& request);

  std::mutex mutex_;
  std::deque<Script> script_;
  std::vector<HttpRequest> requests_;
  std::vector<TlsIdentity> connections_;
};

// A clock that stands still until somebody sleeps.
class StandingClock : public Clock {
 public:
  explicit StandingClock(std::int64_t unix_seconds) : start_(unix_seconds) {}

  std::int64_t UnixSeconds() const override { return start_ + monotonic_.count() / 1000; }
  std::chrono::milliseconds Monotonic() const override { return monotonic_; }
  bool Sleep(std::chrono::milliseconds duration, std::stop_token stop) override {
    if (stop.stop_requested()) return false;
    sleeps.push_back(duration);
    monotonic_ += duration;
    return true;
  }

  std::vector<std::chrono::milliseconds> sleeps;

 private:
  std::int64_t start_;
  std::chrono::milliseconds monotonic_{5000};
};

}  // namespace powernode::enroll::testing

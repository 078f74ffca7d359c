// A metadata service without a network, and a clock that it moves: what is asked is recorded, and a
// request that nobody answers takes exactly the time that its limits allow.
#pragma once

#include <functional>
#include <mutex>
#include <string>
#include <vector>

#include "agent/base/clock.h"
#include "agent/base/http.h"
#include "identity/source.h"

namespace powernode::identity::testing {

class VirtualClock : public Clock {
 public:
  std::int64_t UnixSeconds() const override { return 1'800'000'000; }
  std::chrono::milliseconds Monotonic() const override;
  bool Sleep(std::chrono::milliseconds duration, std::stop_token stop) override;

 private:
  mutable std::mutex mutex_;
  std::chrono::milliseconds now_{1'000};
};

enum class Nobody { kConnects, kAnswers };  // how far a request gets when there is no answer

class ScriptedMetadata {
 public:
  using Answer = std::function<Result<HttpResponse>(const HttpRequest& request)>;

  explicit ScriptedMetadata(Clock& clock) : clock_(clock) {}

  void Say(Answer answer) { answer_ = std::move(answer); }
  void SayNothing(Nobody nobody);

  PlainHttp Transports();
  // "GET http://169.254.169.254/... header: value", one a request.
  std::vector<std::string> Requests() const;

 private:
  class Transport;
  Clock& clock_;
  Answer answer_;
  mutable std::mutex mutex_;
  std::vector<std::string> requests_;
};

HttpResponse Ok200(std::string body);
HttpResponse OnlyStatus(int status);

}  // namespace powernode::identity::testing

// The one door to the platform after enrolment. Threads share one Session; each call names a lane,
// so that a heartbeat never waits for a list and a list never for a download.
//
// The credentials are one immutable snapshot. Replace() swaps it: calls under way finish with the
// old one, and each connection is made anew before its next call. A call that the platform answers
// with 401 because its credentials were replaced meanwhile is made once more with the new ones, so
// that a renewal fails no call.
//
// Only the platform's own origin is ever called, TLS 1.3 with only the platform's CA, no redirect
// followed.
#pragma once

#include <array>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "agent/base/clock.h"
#include "agent/base/http.h"
#include "agent/base/json.h"
#include "agent/base/result.h"
#include "enroll/credentials.h"
#include "enroll/lane.h"
#include "enroll/transport.h"

namespace powernode::enroll {

enum class LaneName { kControl, kTask, kDownload };

// Tries after the first within one call, with full jitter up to `cap` (node-api.md §4). When the
// platform asks for a longer wait, the call ends instead: see Session::AskedToWait.
struct Retries {
  unsigned count = 0;
  std::chrono::milliseconds cap{0};
};
constexpr Retries kNoRetries{};
constexpr Retries kGetRetries{.count = 3, .cap = std::chrono::seconds(8)};

enum class Repeatable {
  kNo,
  kByKey
};  // kByKey: carries an Idempotency-Key, the same over all retries

// What lets the node in (node-api.md §2.3): the certificate, or, behind a proxy that does not pass
// it on, the bearer that the platform gave with it.
enum class CredentialMode { kUnknown, kMtls, kBearer };
std::string_view CredentialModeName(CredentialMode mode);  // "mtls"

enum class BearerUse { kSent, kLeftOut };

struct ApiCall {
  std::string path;          // below the API's prefix, for example "status/heartbeat"
  std::optional<Json> body;  // present: POST
  HttpLimits limits = kSmallCall;
  Retries retries = kNoRetries;
  LaneName lane = LaneName::kControl;
  Repeatable repeatable = Repeatable::kNo;
  BearerUse bearer = BearerUse::kSent;  // while there is one that has not expired
};

struct RawCall {
  std::string path;
  std::optional<Json> body;  // present: a POST, under an Idempotency-Key of its own
  std::vector<HttpHeader> headers;
  HttpLimits limits = kDownload;
  LaneName lane = LaneName::kDownload;
  std::chrono::milliseconds patience{0};  // for what the platform asks for with Retry-After
  std::function<Status(const HttpResponse&)> on_head;  // see HttpRequest
  std::function<Status(std::span<const std::byte>)> sink;
};

// How often a node asks whose credentials the platform takes no more (node-api.md §2.2).
constexpr std::chrono::milliseconds kRejectedPeriod{300'000};

class Session {
 public:
  // Precondition: `credentials` is not null. `clock` must outlive the session.
  Session(CredentialsPtr credentials, TransportFactory transports, Clock& clock);

  CredentialsPtr credentials() const;
  void Replace(CredentialsPtr credentials);

  // Asks the platform once or twice which of the two it is.
  CredentialMode DetectMode(std::stop_token stop);
  CredentialMode mode() const;

  // While one lives, other credentials are being tried: a call that is answered with 401 waits for
  // its end before it fails or is made again. At most one at a time.
  class Trial {
   public:
    explicit Trial(Session& session);
    ~Trial();
    Trial(const Trial&) = delete;
    Trial& operator=(const Trial&) = delete;

   private:
    Session& session_;
  };

  // The 401 answers since the last good one with the credentials in use.
  struct Rejection {
    unsigned count = 0;
    std::chrono::milliseconds since{0};  // on the monotonic clock
  };
  Rejection rejection() const;
  // Three of them over five minutes (node-api.md §2.2): the platform means it.
  bool IsRejected() const;

  // A JSON call: the envelope's `data` (an object; empty when absent). Errors: the transport's,
  // those of DataOf (answer.h), and kUnavailable "asked_to_wait" while the platform wants quiet.
  Result<Json> Call(const ApiCall& call, std::stop_token stop);

  // A GET of a document without envelope: its text.
  Result<std::string> GetText(const ApiCall& call, std::stop_token stop);

  // A GET, or a POST with a body, whose answer is bytes; once, whatever comes of it. Any status but
  // 200 and 206 is an error as in answer.h; on_head and sink see only good answers.
  Result<HttpResponse> Fetch(const RawCall& call, std::stop_token stop);

  // How long the platform still wants this lane to keep quiet (Retry-After, at most 900 s); zero:
  // it does not.
  std::chrono::milliseconds AskedToWait(LaneName lane) const;

 private:
  struct Snapshot {
    CredentialsPtr credentials;
    std::uint64_t epoch;
  };
  Snapshot snapshot() const;
  Lane& lane(LaneName name) { return lanes_[static_cast<std::size_t>(name)]; }
  const Lane& lane(LaneName name) const { return lanes_[static_cast<std::size_t>(name)]; }

  Result<HttpResponse> Perform(LaneName name, const Snapshot& with, const HttpRequest& request,
                               std::stop_token stop);
  Result<HttpResponse> PerformOnce(LaneName name, const Snapshot& with, const HttpRequest& request,
                                   std::stop_token stop);
  Snapshot SettledSnapshot(std::stop_token stop);
  void AddBearer(HttpRequest& request, const Snapshot& with) const;
  void NoteAnswer(std::uint64_t epoch, int status);
  Result<HttpResponse> CallOnce(const ApiCall& call, const std::string& idempotency_key,
                                std::stop_token stop);
  template <typename T>
  Result<T> CallRepeatedly(const ApiCall& call, Result<T> (*read)(const HttpResponse&),
                           std::stop_token stop);
  // Waits out what the platform asked for, when that is at most `cap`.
  Status WaitForQuiet(LaneName name, std::chrono::milliseconds cap, std::stop_token stop);

  TransportFactory transports_;
  Clock& clock_;
  mutable std::mutex mutex_;  // guards what follows, save the lanes
  std::condition_variable_any trial_ended_;
  bool on_trial_ = false;
  Snapshot current_;
  Rejection rejection_;
  CredentialMode mode_ = CredentialMode::kUnknown;
  std::array<Lane, 3> lanes_{Lane(1), Lane(1), Lane(2)};
};

}  // namespace powernode::enroll

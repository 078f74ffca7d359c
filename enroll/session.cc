#include "enroll/session.h"

#include "agent/base/backoff.h"
#include "agent/base/random.h"
#include "enroll/answer.h"
#include "enroll/api_request.h"

namespace powernode::enroll {
namespace {

constexpr std::size_t kMaxErrorBody = 64 * 1024;
constexpr std::chrono::milliseconds kRetryBase{1000};

bool IsGood(int status) { return status == 200 || status == 206; }

Error AskedToKeepQuiet(std::chrono::milliseconds left) {
  return Error(ErrorKind::kUnavailable, "asked_to_wait",
               "the platform asked this node to wait another " +
                   std::to_string((left.count() + 999) / 1000) + " s");
}

}  // namespace

Session::Session(CredentialsPtr credentials, TransportFactory transports, Clock& clock)
    : transports_(std::move(transports)),
      clock_(clock),
      current_{.credentials = std::move(credentials), .epoch = 1} {}

Session::Snapshot Session::snapshot() const {
  const std::scoped_lock lock(mutex_);
  return current_;
}

CredentialsPtr Session::credentials() const { return snapshot().credentials; }

void Session::Replace(CredentialsPtr credentials) {
  const std::scoped_lock lock(mutex_);
  current_ = {.credentials = std::move(credentials), .epoch = current_.epoch + 1};
}

std::chrono::milliseconds Session::AskedToWait(LaneName name) const {
  const std::chrono::milliseconds left = lane(name).quiet_until() - clock_.Monotonic();
  return std::max(left, std::chrono::milliseconds(0));
}

Status Session::WaitForQuiet(LaneName name, std::chrono::milliseconds cap, std::stop_token stop) {
  const std::chrono::milliseconds left = AskedToWait(name);
  if (left.count() == 0) return Ok();
  if (left > cap) return AskedToKeepQuiet(left);
  if (!clock_.Sleep(left, stop))
    return Error(ErrorKind::kUnavailable, "stopped", "stopped while waiting");
  return Ok();
}

Result<HttpResponse> Session::Perform(LaneName name, const Snapshot& with,
                                      const HttpRequest& request, std::stop_token stop) {
  auto connect = [&] {
    const Credentials& credentials = *with.credentials;
    return transports_(TlsIdentity{.ca_pem = credentials.ca_pem,
                                   .certificate_pem = credentials.certificate_pem,
                                   .key_pem = credentials.key_pem});
  };
  Result<HttpResponse> response = [&]() -> Result<HttpResponse> {
    ASSIGN_OR_RETURN(Lane::Hold hold, lane(name).Take(with.epoch, connect, stop));
    return hold.transport().Perform(request, stop);
  }();
  if (!response)
    return std::move(response).error().WithContext(with.credentials->platform.ToString());
  const bool busy = response->status == 429 || response->status >= 500;
  const std::optional<std::chrono::seconds> wish = busy ? RetryAfterOf(*response) : std::nullopt;
  if (wish) lane(name).KeepQuietUntil(clock_.Monotonic() + *wish);
  return response;
}

Result<HttpResponse> Session::CallOnce(const ApiCall& call, const std::string& idempotency_key,
                                       std::stop_token stop) {
  const Snapshot with = snapshot();
  HttpRequest request = MakeApiRequest(with.credentials->platform, call.path, call.limits);
  if (call.body) SetJsonBody(request, DumpJson(*call.body));
  if (call.repeatable == Repeatable::kByKey)
    request.headers.push_back({"Idempotency-Key", idempotency_key});
  return Perform(call.lane, with, request, stop);
}

template <typename T>
Result<T> Session::CallRepeatedly(const ApiCall& call, Result<T> (*read)(const HttpResponse&),
                                  std::stop_token stop) {
  const std::string idempotency_key = RandomUuid();
  Backoff backoff(kRetryBase, call.retries.cap);
  RETURN_IF_ERROR(WaitForQuiet(call.lane, call.retries.cap, stop));
  for (unsigned failures = 0;; ++failures) {
    const Result<HttpResponse> response = CallOnce(call, idempotency_key, stop);
    Result<T> answer = response ? read(*response) : Result<T>(response.error());
    if (answer || failures == call.retries.count || !IsRetryable(answer.error())) return answer;
    const std::chrono::milliseconds asked = AskedToWait(call.lane);
    if (asked > call.retries.cap) return answer;
    if (!clock_.Sleep(asked.count() > 0 ? asked : backoff.Next(), stop)) return answer;
  }
}

Result<Json> Session::Call(const ApiCall& call, std::stop_token stop) {
  return CallRepeatedly<Json>(call, DataOf, stop);
}

Result<std::string> Session::GetText(const ApiCall& call, std::stop_token stop) {
  return CallRepeatedly<std::string>(
      call,
      [](const HttpResponse& response) -> Result<std::string> {
        if (response.status != 200) return ErrorOfStatus(response);
        return response.body;
      },
      stop);
}

Result<HttpResponse> Session::Fetch(const RawCall& call, std::stop_token stop) {
  RETURN_IF_ERROR(WaitForQuiet(call.lane, call.patience, stop));
  const Snapshot with = snapshot();
  HttpRequest request =
      MakeApiRequest(with.credentials->platform, call.path, call.limits, Accept::kBytes);
  if (call.body) {
    SetJsonBody(request, DumpJson(*call.body));
    request.headers.push_back({"Idempotency-Key", RandomUuid()});
  }
  request.headers.insert(request.headers.end(), call.headers.begin(), call.headers.end());
  bool good = false;
  std::string error_body;  // of a bad answer: read to its end, so that the connection stays usable
  request.on_head = [&](const HttpResponse& head) -> Status {
    good = IsGood(head.status);
    return good && call.on_head ? call.on_head(head) : Ok();
  };
  request.sink = [&](std::span<const std::byte> bytes) -> Status {
    if (good) return call.sink(bytes);
    if (error_body.size() + bytes.size() > kMaxErrorBody)
      return Error(ErrorKind::kInvalid, "response_too_large",
                   "the platform's error text is too long");
    error_body.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    return Ok();
  };
  ASSIGN_OR_RETURN(HttpResponse response, Perform(call.lane, with, request, stop));
  if (good) return response;
  response.body = std::move(error_body);
  return ErrorOfStatus(response).WithContext(with.credentials->platform.ToString());
}

}  // namespace powernode::enroll

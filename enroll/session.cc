#include "enroll/session.h"

#include "agent/base/backoff.h"
#include "agent/base/random.h"
#include "enroll/answer.h"
#include "enroll/api_request.h"

namespace powernode::enroll {
namespace {

constexpr std::size_t kMaxErrorBody = 64 * 1024;
constexpr std::chrono::milliseconds kRetryBase{1000};
constexpr int kUnauthorized = 401;
constexpr int kServerFault = 500;
constexpr unsigned kRejections = 3;
constexpr std::chrono::minutes kRejectedFor{5};

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
  rejection_ = {};
}

std::string_view CredentialModeName(CredentialMode mode) {
  switch (mode) {
    case CredentialMode::kUnknown:
      return "unknown";
    case CredentialMode::kMtls:
      return "mtls";
    case CredentialMode::kBearer:
      return "bearer";
  }
  return "";
}

CredentialMode Session::DetectMode(std::stop_token stop) {
  ApiCall call{.path = "status", .body = {}, .bearer = BearerUse::kLeftOut};
  const auto refused = [](const Result<Json>& answer) {
    return !answer && answer.error().code() == "unauthorized";
  };
  CredentialMode found = CredentialMode::kUnknown;
  const Result<Json> bare = Call(call, stop);
  if (bare) found = CredentialMode::kMtls;
  if (refused(bare) && credentials()->bearer) {
    call.bearer = BearerUse::kSent;
    if (Call(call, std::move(stop))) found = CredentialMode::kBearer;
  }
  const std::scoped_lock lock(mutex_);
  mode_ = found;
  return found;
}

CredentialMode Session::mode() const {
  const std::scoped_lock lock(mutex_);
  return mode_;
}

void Session::AddBearer(HttpRequest& request, const Snapshot& with) const {
  const std::optional<Bearer>& bearer = with.credentials->bearer;
  if (!bearer || clock_.UnixSeconds() >= bearer->expires_at) return;
  request.headers.push_back({"Authorization", "Bearer " + bearer->token.Reveal()});
}

Session::Trial::Trial(Session& session) : session_(session) {
  const std::scoped_lock lock(session_.mutex_);
  session_.on_trial_ = true;
}

Session::Trial::~Trial() {
  {
    const std::scoped_lock lock(session_.mutex_);
    session_.on_trial_ = false;
  }
  session_.trial_ended_.notify_all();
}

Session::Snapshot Session::SettledSnapshot(std::stop_token stop) {
  std::unique_lock lock(mutex_);
  trial_ended_.wait(lock, stop, [this] { return !on_trial_; });
  return current_;
}

Session::Rejection Session::rejection() const {
  const std::scoped_lock lock(mutex_);
  return rejection_;
}

bool Session::IsRejected() const {
  const Rejection seen = rejection();
  return seen.count >= kRejections && clock_.Monotonic() - seen.since >= kRejectedFor;
}

void Session::NoteAnswer(std::uint64_t epoch, int status) {
  const std::scoped_lock lock(mutex_);
  if (epoch != current_.epoch) return;
  if (status != kUnauthorized) {
    if (status < kServerFault) rejection_ = {};
    return;
  }
  if (rejection_.count++ == 0) rejection_.since = clock_.Monotonic();
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
  Result<HttpResponse> response = PerformOnce(name, with, request, stop);
  if (!response || response->status != kUnauthorized) return response;
  const Snapshot settled = SettledSnapshot(stop);
  return settled.epoch == with.epoch ? std::move(response)
                                     : PerformOnce(name, settled, request, stop);
}

Result<HttpResponse> Session::PerformOnce(LaneName name, const Snapshot& with,
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
  NoteAnswer(with.epoch, response->status);
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
  if (call.bearer == BearerUse::kSent) AddBearer(request, with);
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
  AddBearer(request, with);
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

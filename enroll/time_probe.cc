#include "enroll/time_probe.h"

#include <optional>

#include "agent/base/clock.h"
#include "agent/base/http_date.h"

namespace powernode::enroll {
namespace {

constexpr std::int64_t kFarAhead = std::int64_t{400} * 24 * 3600;  // E5

Error Unreliable(std::string text) {
  return Error(ErrorKind::kRefuted, "clock_unreliable", std::move(text));
}

}  // namespace

bool IsClockSuspect(const Error& error, std::int64_t now_unix, std::int64_t floor_unix) {
  if (error.code() == "tls_not_yet_valid") return true;
  return error.code() == "tls_expired" && now_unix > floor_unix + kFarAhead;
}

Result<std::int64_t> ProbeTime(const Origin& platform, const std::string& ca_pem,
                               std::int64_t floor_unix, const TransportFactory& transports,
                               std::stop_token stop) {
  const std::string context = "ask " + platform.ToString() + " for the time";
  Result<std::unique_ptr<HttpTransport>> transport =
      transports(TlsIdentity{.ca_pem = ca_pem,
                             .certificate_pem = {},
                             .key_pem = {},
                             .dates = CertificateDates::kNotJudged});
  if (!transport) return std::move(transport).error().WithContext(context);
  HttpRequest request;
  request.url = platform.ToString() + "/";
  const Result<HttpResponse> response = (*transport)->Perform(request, stop);
  if (!response) return response.error().WithContext(context);

  const std::optional<std::string_view> header = response->Header("date");
  const std::optional<std::int64_t> time = header ? ParseHttpDate(*header) : std::nullopt;
  if (!time) return Unreliable("the answer has no Date").WithContext(context);
  if (*time < floor_unix)
    return Unreliable("it says " + FormatTime(*time) + ", and it was " + FormatTime(floor_unix) +
                      " already")
        .WithContext(context);
  if (*time < response->peer_valid_from || *time > response->peer_valid_until)
    return Unreliable("it says " + FormatTime(*time) +
                      ", and its own certificates are valid from " +
                      FormatTime(response->peer_valid_from) + " to " +
                      FormatTime(response->peer_valid_until))
        .WithContext(context);
  return *time;
}

}  // namespace powernode::enroll

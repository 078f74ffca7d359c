#include "enroll/claim.h"

#include <algorithm>

#include "agent/base/encoding.h"
#include "agent/base/json.h"
#include "agent/base/version.h"
#include "enroll/answer.h"
#include "enroll/api_request.h"
#include "enroll/certificate.h"
#include "enroll/key.h"
#include "identity/record.h"

namespace powernode::enroll {
namespace {

constexpr std::string_view kCodeAlphabet = "ABCDEFGHJKMNPQRSTUVWXYZ2346789";
constexpr std::size_t kCodeLength = 8;
constexpr std::int64_t kShortestPoll = 5;
constexpr std::int64_t kLongestPoll = 300;
constexpr double kSpread = 0.1;

bool IsCode(std::string_view text) {
  return text.size() == kCodeLength &&
         text.find_first_not_of(kCodeAlphabet) == std::string_view::npos;
}

std::string BodyOf(const ClaimRequest& request) {
  Json body = {{"mac", request.mac},
               {"device_key_sha256", request.device_key_sha256},
               {"agent_version", Version()}};
  auto add = [&body](const char* name, std::string_view value) {
    if (!value.empty()) body[name] = value;
  };
  add("architecture", Architecture());
  add("instance_id", request.instance_id);
  add("dmi_uuid", request.dmi_uuid);
  add("hostname", request.hostname);
  add("platform_hint", request.platform_hint);
  if (request.proof)
    body["proof"] = {{"certificate_sha256", request.proof->certificate_sha256},
                     {"signature", request.proof->signature}};
  return DumpJson(body);
}

std::optional<ClaimAnswer::Claimed> ClaimedIn(const Json& data) {
  identity::Record record;  // checks both as it does for any other source
  identity::SetInstanceUuid(record, "", GetString(data, "instance_uuid").value_or(""));
  identity::SetBootstrapToken(record, "", Secret(GetString(data, "bootstrap_token").value_or("")));
  if (!record.instance_uuid || !record.bootstrap_token) return std::nullopt;
  return ClaimAnswer::Claimed{.instance_uuid = *std::move(record.instance_uuid),
                              .token = *std::move(record.bootstrap_token)};
}

Result<ClaimAnswer> Answered(const HttpResponse& response, const ClaimRequest& request) {
  ASSIGN_OR_RETURN(ClaimAnswer answer, ParseClaimAnswer(response));
  if (answer.claimed && !request.instance_id.empty() &&
      answer.claimed->instance_uuid != request.instance_id)
    return Error(ErrorKind::kDenied, "claim_mismatch",
                 "the platform confirmed this device as " + answer.claimed->instance_uuid +
                     ", and its own sources say it is " + request.instance_id +
                     ": confirm it as that one, or correct the source");
  return answer;
}

}  // namespace

Result<ClaimProof> ProveWithOldKey(const Credentials& old, const std::string& device_key_sha256) {
  const std::string statement = "powernode-claim-proof-v1\n" + old.instance_id + "\n" +
                                device_key_sha256 + "\n" + old.fingerprint + "\n";
  ASSIGN_OR_RETURN(const std::string signature, SignText(old.key_pem, statement));
  return ClaimProof{.certificate_sha256 = old.fingerprint, .signature = Base64Encode(signature)};
}

Result<ClaimAnswer> ParseClaimAnswer(const HttpResponse& response) {
  ASSIGN_OR_RETURN(const Json data, DataOf(response));
  ClaimAnswer answer;
  const std::string status = GetString(data, "status").value_or("pending");
  if (status == "claimed") answer.claimed = ClaimedIn(data);
  if (const std::string code = GetString(data, "claim_code").value_or(""); IsCode(code))
    answer.code = code;
  answer.said = PrintableText(status);
  if (status == "claimed" && !answer.claimed) answer.said += " without a usable token";
  if (const auto words = GetString(data, "message")) answer.said += ": " + PrintableText(*words);
  if (const auto seconds = GetInt(data, "poll_after_seconds"))
    answer.poll_after = std::chrono::seconds(std::clamp(*seconds, kShortestPoll, kLongestPoll));
  return answer;
}

ClaimAttempt PollClaim(const ClaimRequest& request, const TransportFactory& transports,
                       std::stop_token stop) {
  const std::string context = "claim at " + request.platform.ToString();
  auto failed = [&context](const Error& error) {
    return ClaimAttempt{.outcome = error.WithContext(context), .retry_after = std::nullopt};
  };
  if (Status roots = CheckTrustRoots(request.ca_pem); !roots) return failed(roots.error());
  Result<std::unique_ptr<HttpTransport>> transport =
      transports(TlsIdentity{.ca_pem = request.ca_pem, .certificate_pem = {}, .key_pem = {}});
  if (!transport) return failed(transport.error());
  HttpRequest call = MakeApiRequest(request.platform, "claim", kSmallCall);
  SetJsonBody(call, BodyOf(request));
  Result<HttpResponse> response = (*transport)->Perform(call, stop);
  if (!response) return failed(response.error());
  Result<ClaimAnswer> answer = Answered(*response, request);
  if (!answer) {
    ClaimAttempt attempt = failed(answer.error());
    attempt.retry_after = RetryAfterOf(*response);
    return attempt;
  }
  Secret::Wipe(response->body);
  return {.outcome = *std::move(answer), .retry_after = std::nullopt};
}

std::chrono::milliseconds ClaimPace::Next(const ClaimAttempt& attempt) {
  if (attempt.retry_after) return *attempt.retry_after;
  if (attempt.outcome) {
    trouble_.Reset();
    return Jittered(attempt.outcome->poll_after, kSpread);
  }
  const std::string& code = attempt.outcome.error().code();
  if (code == "bad_request" || code == "claim_mismatch")
    return Jittered(std::chrono::seconds(kLongestPoll), kSpread);
  return trouble_.Next();
}

}  // namespace powernode::enroll

#include "identity/ca_location.h"

#include <algorithm>
#include <cctype>

#include "agent/base/encoding.h"
#include "agent/base/printable.h"
#include "agent/base/sha256.h"
#include "identity/ca_text.h"

namespace powernode::identity {
namespace {

constexpr HttpLimits kLimits{.connect = std::chrono::milliseconds(5'000),
                             .total = std::chrono::milliseconds(10'000),
                             .max_body = kMaxCaBytes};
constexpr std::size_t kHexDigits = 64;

std::string Lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

Error NotFetched(ErrorKind kind, std::string why) {
  return Error(kind, "ca_location_not_fetched", std::move(why));
}

// The bytes that lie there. The location itself stays out of messages: it may carry a password.
Result<std::string> Fetch(const SourceContext& context, const std::string& url) {
  // Over TLS nobody could be believed yet; the fingerprint makes plain HTTP as good.
  if (!url.starts_with("http://"))
    return NotFetched(ErrorKind::kUnsupported,
                      "only http:// can be fetched before the CA is known");
  if (!context.plain_http)
    return NotFetched(ErrorKind::kUnavailable, "no network to fetch it over");
  ASSIGN_OR_RETURN(const std::unique_ptr<HttpTransport> transport, context.plain_http());
  Result<HttpResponse> answer = transport->Perform({.url = url, .limits = kLimits}, context.stop);
  if (!answer)
    return NotFetched(answer.error().kind(), "fetch it: " + Printable(answer.error().message()));
  if (answer->status != 200)
    return NotFetched(ErrorKind::kUnavailable,
                      "fetch it: the server answers with status " + std::to_string(answer->status));
  return std::move(answer->body);
}

Result<std::string> FetchAndProve(const SourceContext& context, const CaLocation& location) {
  const std::string expected = Lower(location.sha256);
  if (expected.empty() && !context.settings.allow_unpinned_ca_url)
    return Error(ErrorKind::kRefused, "ca_location_without_fingerprint",
                 "names only a place to fetch the CA from, and nothing proves what is there; add "
                 "powernode.ca_sha256=, or give the CA inline with powernode.ca_b64=");
  if (!expected.empty() && !IsLowerHex(expected, kHexDigits))
    return Error(ErrorKind::kInvalid, "ca_location_bad_fingerprint",
                 "powernode.ca_sha256 is not a SHA-256 in hexadecimal");
  ASSIGN_OR_RETURN(std::string bytes, Fetch(context, location.url));
  const std::string measured = Sha256Hex(bytes);
  if (!expected.empty() && measured != expected)
    return Error(ErrorKind::kRefuted, "ca_location_mismatch",
                 "what was fetched has SHA-256 " + measured + ", not powernode.ca_sha256");
  return bytes;
}

}  // namespace

void FetchCa(const SourceContext& context, Record& record) {
  if (!record.ca_location) return;
  if (context.given && context.given->ca_pem) return;
  const bool enrolled = context.stored && context.stored->usable;
  if (enrolled &&
      record.instance_uuid.value_or(context.stored->instance_uuid) == context.stored->instance_uuid)
    return;
  const CaLocation location = *std::move(record.ca_location);
  record.ca_location.reset();
  const Result<std::string> bytes = FetchAndProve(context, location);
  if (!bytes) {
    record.problems.push_back(bytes.error().WithContext(location.key));
    return;
  }
  SetCaBase64(record, location.key, Base64Encode(*bytes));  // PEM or DER, whatever lies there
  if (location.sha256.empty())
    record.weaknesses.emplace_back(ErrorKind::kRefused, "unpinned_ca_url",
                                   location.key +
                                       ": the CA was fetched and taken without a fingerprint, as "
                                       "allow_unpinned_ca_url in the image says");
}

}  // namespace powernode::identity

#include "enroll/enroll.h"

#include "agent/base/json.h"
#include "agent/base/random.h"
#include "agent/base/version.h"
#include "enroll/answer.h"
#include "enroll/api_request.h"
#include "enroll/certificate.h"
#include "enroll/claim.h"
#include "enroll/issued.h"
#include "enroll/pending_request.h"

namespace powernode::enroll {
namespace {

constexpr std::string_view kPath = "enroll";
constexpr int kUnprocessable = 422;

Secret BodyOf(const identity::Identity& identity, PersistKind persist,
              const PendingRequest& pending) {
  const Json body = {{"bootstrap_token", identity.bootstrap_token->Reveal()},
                     {"csr_pem", pending.csr_pem},
                     {"agent_version", Version()},
                     {"request_id", pending.request_id},
                     {"accepted_signature_algorithms",
                      {"ecdsa-sha256", "ecdsa-sha384", "rsa-sha256", "rsa-pss-sha256"}},
                     {"persist", persist == PersistKind::kDurable ? "durable" : "volatile"}};
  return Secret(DumpJson(body));
}

// A server that quotes the request in its answer must not bring the token into an error or a log.
void TakeOutToken(std::string& text, const Secret& token) {
  const std::string& secret = token.Reveal();
  for (std::size_t at = text.find(secret); at != std::string::npos; at = text.find(secret, at))
    text.replace(at, secret.size(), "***");
}

Error TokenRefused(const identity::Identity& identity, std::string_view words) {
  const std::string& source = identity.token_from.source;
  const std::string_view advice =
      source == kClaimSource
          ? "this node asks to be claimed again, confirm it once more"
          : "make a new one for this node on the platform and put it in the same place";
  return Error(ErrorKind::kDenied, "token_refused",
               "the platform refused the bootstrap token " + identity.bootstrap_token->Masked() +
                   " from " + source + " (" + std::string(words) +
                   "); it is not sent again: " + std::string(advice));
}

// What a bad answer means for the token.
Error ErrorOfAnswer(const HttpResponse& response, const identity::Identity& identity,
                    const PendingRequest& pending, const PkiStore& store) {
  const Error plain = ErrorOfStatus(response);
  const std::string& words = plain.message();
  if (response.status == kUnprocessable && CodeOf(response) == "CA_ALGORITHM_UNSUPPORTED")
    return Error(
        ErrorKind::kUnsupported, "ca_algorithm_unsupported",
        words +
            "; the platform's CA signs with an algorithm this agent does not have, use an ECDSA "
            "P-256 or P-384 or an RSA CA; the token is still good");
  if (response.status == kUnprocessable) {
    Error refused = TokenRefused(identity, words);
    if (Status marked = MarkTokenRefused(store.directory(), pending, words); !marked)
      return std::move(refused).AlsoFailed(marked.error());
    return refused;
  }
  const bool rejected = plain.kind() == ErrorKind::kInvalid || plain.kind() == ErrorKind::kDenied;
  return Error(plain.kind(), rejected ? "enroll_rejected" : plain.code(), words);
}

// Who asks, before there is a certificate.
Credentials Applicant(const identity::Identity& identity) {
  Credentials out;
  out.instance_id = identity.instance_uuid;
  out.platform = identity.platform;
  out.ca_pem = identity.ca_pem;
  return out;
}

Enrolled Keep(Credentials credentials, PkiStore& store) {
  Result<CredentialsPtr> saved = store.Save(credentials, "enroll");
  if (saved) return {.credentials = std::move(*saved), .not_saved = std::nullopt};
  Error not_saved(saved.error().kind(), "pki_not_durable",
                  "the certificate is good but could not be saved, a reboot would lose it: " +
                      saved.error().message());
  return {.credentials = std::make_shared<const Credentials>(std::move(credentials)),
          .not_saved = std::move(not_saved)};
}

// A peer that the CA does not vouch for: the CA may be the wrong one, and somebody put it there.
Error WithCaSource(const Error& error, const identity::Identity& identity) {
  if (error.code() != "tls_untrusted") return error;
  return Error(error.kind(), error.code(),
               error.message() + " (the CA is from " + identity.ca_from.source +
                   ": is it this platform's? The token was not sent)");
}

// Everything that can be wrong before the token has left this node.
Result<PendingRequest> Prepare(const identity::Identity& identity, const PkiStore& store) {
  if (!identity.bootstrap_token)
    return Error(ErrorKind::kInvalid, "no_token", "there is no bootstrap token to enroll with");
  RETURN_IF_ERROR_CONTEXT(CheckTrustRoots(identity.ca_pem), "from " + identity.ca_from.source);
  ASSIGN_OR_RETURN(PendingRequest pending, PrepareRequest(store.directory(), identity.instance_uuid,
                                                          *identity.bootstrap_token));
  if (pending.token_refused()) return TokenRefused(identity, pending.refusal);
  return pending;
}

}  // namespace

EnrollAttempt Enroll(const identity::Identity& identity, PersistKind persist, PkiStore& store,
                     const TransportFactory& transports, Clock& clock, std::stop_token stop) {
  const std::string context =
      "enroll " + identity.instance_uuid + " at " + identity.platform.ToString();
  auto failed = [&context](const Error& error, std::optional<std::chrono::seconds> wait = {}) {
    return EnrollAttempt{.outcome = error.WithContext(context), .retry_after = wait};
  };
  const Result<PendingRequest> pending = Prepare(identity, store);
  if (!pending) return failed(pending.error());
  Result<std::unique_ptr<HttpTransport>> transport =
      transports(TlsIdentity{.ca_pem = identity.ca_pem, .certificate_pem = {}, .key_pem = {}});
  if (!transport) return failed(transport.error());

  HttpRequest request = MakeApiRequest(identity.platform, kPath, kEnrollCall);
  Secret body = BodyOf(identity, persist, *pending);
  SetJsonBody(request, body.Reveal());
  request.headers.push_back({"Idempotency-Key", RandomUuid()});  // replays go by key and request_id
  Result<HttpResponse> response = (*transport)->Perform(request, stop);
  Secret::Wipe(request.body);
  if (!response) return failed(WithCaSource(response.error(), identity));
  TakeOutToken(response->body, *identity.bootstrap_token);
  if (response->status != 200)
    return failed(ErrorOfAnswer(*response, identity, *pending, store), RetryAfterOf(*response));

  const Result<Json> data = DataOf(*response);
  if (!data) return failed(data.error());
  Result<Issued> issued = TakeIssued(
      *data, Applicant(identity), *pending,
      " (from " + identity.instance_uuid_from.source + "): the token belongs to another node",
      transports, clock.UnixSeconds(), stop);
  if (!issued) return failed(issued.error());
  Enrolled enrolled = Keep(std::move(issued->credentials), store);
  enrolled.roots_not_kept = std::move(issued->roots_not_kept);
  return {.outcome = std::move(enrolled), .retry_after = std::nullopt};
}

}  // namespace powernode::enroll

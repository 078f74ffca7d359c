#include "enroll/refresh.h"

#include "agent/base/files.h"
#include "agent/base/random.h"
#include "agent/base/version.h"
#include "enroll/answer.h"
#include "enroll/certificate.h"
#include "enroll/csr.h"
#include "enroll/pending_request.h"
#include "enroll/pki_layout.h"
#include "enroll/root_roll.h"

namespace powernode::enroll {
namespace {

constexpr Retries kRefreshRetries{.count = 1, .cap = std::chrono::seconds(8)};

Result<PendingRequest> WithCurrentKey(const Credentials& credentials) {
  PendingRequest out{.instance_id = credentials.instance_id,
                     .request_id = RandomUuid(),
                     .token_sha256 = {},
                     .refusal = {},
                     .key_pem = credentials.key_pem,
                     .csr_pem = {}};
  ASSIGN_OR_RETURN(out.csr_pem, MakeCsr(out.key_pem, credentials.instance_id));
  return out;
}

Result<Credentials> CredentialsOf(const Json& data, const Credentials& old,
                                  const PendingRequest& pending, std::int64_t now_unix) {
  const std::string answered = GetString(data, "instance_id").value_or(old.instance_id);
  if (answered != old.instance_id)
    return Error(ErrorKind::kRefuted, "enroll_mismatch",
                 "the platform answered for instance " + PrintableText(answered) +
                     ", and this node is " + old.instance_id);
  NewCertificate given{.certificate_pem = GetString(data, "cert_pem").value_or(""),
                       .chain_pem = GetString(data, "ca_chain_pem").value_or(""),
                       .instance_id = old.instance_id,
                       .mtls_subject = GetString(data, "mtls_subject").value_or(old.mtls_subject)};
  if (given.chain_pem.empty()) given.chain_pem = old.chain_pem;
  ASSIGN_OR_RETURN(CertificateFacts facts, CheckNewCertificate(given, pending.key_pem, now_unix));
  Credentials out = old;
  out.mtls_subject = std::move(facts.common_name);
  out.certificate_id = GetString(data, "certificate_id").value_or("");
  out.certificate_pem = std::move(given.certificate_pem);
  out.chain_pem = std::move(given.chain_pem);
  out.key_pem = pending.key_pem;
  if (const std::optional<std::string> bearer = GetString(data, "instance_token"))
    out.bearer = ReadBearer(*bearer);
  out.not_before = facts.not_before;
  out.not_after = facts.not_after;
  out.serial = std::move(facts.serial);
  out.fingerprint = std::move(facts.fingerprint);
  out.generation.clear();
  return out;
}

Result<Refreshed> RefreshOnce(Session& session, PkiStore& store, const TransportFactory& transports,
                              Clock& clock, std::stop_token stop, RenewalKey key) {
  const CredentialsPtr old = session.credentials();
  ASSIGN_OR_RETURN(const PendingRequest pending,
                   key == RenewalKey::kCurrent
                       ? WithCurrentKey(*old)
                       : PrepareRenewal(store.directory(), old->instance_id));
  const ApiCall call{.path = "enroll/refresh",
                     .body = Json{{"csr_pem", pending.csr_pem},
                                  {"agent_version", Version()},
                                  {"request_id", pending.request_id}},
                     .limits = kEnrollCall,
                     .retries = kRefreshRetries,
                     .lane = LaneName::kTask,
                     .repeatable = Repeatable::kByKey};
  ASSIGN_OR_RETURN(const Json data, session.Call(call, stop));
  ASSIGN_OR_RETURN(Credentials fresh, CredentialsOf(data, *old, pending, clock.UnixSeconds()));
  Refreshed out;
  if (const std::optional<std::string> offered = GetString(data, "platform_ca_pem")) {
    Result<std::string> roots = RollRoots(old->platform, old->ca_pem, *offered, transports, stop);
    if (roots)
      fresh.ca_pem = *std::move(roots);
    else
      out.roots_not_kept = std::move(roots).error();
  }
  ASSIGN_OR_RETURN(out.credentials, store.Save(fresh, "refresh"));
  return out;
}

}  // namespace

Result<Refreshed> Refresh(Session& session, PkiStore& store, const TransportFactory& transports,
                          Clock& clock, std::stop_token stop, RenewalKey key) {
  Result<Refreshed> done = RefreshOnce(session, store, transports, clock, std::move(stop), key);
  if (!done) return std::move(done).error().WithContext("renew the certificate");
  return done;
}

}  // namespace powernode::enroll

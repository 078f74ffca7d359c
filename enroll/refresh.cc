#include "enroll/refresh.h"

#include "agent/base/random.h"
#include "agent/base/version.h"
#include "enroll/csr.h"
#include "enroll/issued.h"
#include "enroll/pending_request.h"

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
  ASSIGN_OR_RETURN(Issued issued, TakeIssued(data, *old, pending, "", transports,
                                             clock.UnixSeconds(), std::move(stop)));
  Refreshed out{.credentials = nullptr, .roots_not_kept = std::move(issued.roots_not_kept)};
  ASSIGN_OR_RETURN(out.credentials, store.Save(issued.credentials, "refresh"));
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

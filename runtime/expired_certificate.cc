#include "runtime/expired_certificate.h"

namespace powernode::runtime {

Result<enroll::Refreshed> RenewExpired(enroll::CredentialsPtr expired, enroll::PkiStore& store,
                                       const enroll::TransportFactory& transports, Clock& clock,
                                       std::stop_token stop) {
  const std::string when = FormatTime(expired->not_after);
  enroll::Session session(std::move(expired), transports, clock);
  Result<enroll::Refreshed> renewed =
      enroll::Refresh(session, store, transports, clock, std::move(stop));
  if (renewed || renewed.error().kind() != ErrorKind::kDenied ||
      renewed.error().code().starts_with("tls_"))
    return renewed;
  return Error(ErrorKind::kDenied, "certificate_expired",
               "this node's certificate expired at " + when +
                   ", and the platform does not renew it any more: " + renewed.error().message());
}

}  // namespace powernode::runtime

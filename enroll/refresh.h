// A new certificate for a node that has one (node-api.md §7.2): a new key, the same instance. The
// key is on disk before the request leaves and stays the same until its certificate has come, so
// that a lost answer is asked for again; what comes is checked as at enrolment, and becomes the
// current generation in one step. The old generation stays beside it until the new one has worked.
#pragma once

#include <optional>
#include <stop_token>

#include "agent/base/clock.h"
#include "agent/base/result.h"
#include "enroll/credentials.h"
#include "enroll/pki_store.h"
#include "enroll/session.h"
#include "enroll/transport.h"

namespace powernode::enroll {

struct Refreshed {
  CredentialsPtr credentials;           // saved, and current
  std::optional<Error> roots_not_kept;  // the platform offered TLS roots that cannot be used
};

// kCurrent: for a new bearer alone (node-api.md §2.3); the certificate that comes with it is for
// the key that is in use.
enum class RenewalKey { kNew, kCurrent };

// Asks over `session`, whose credentials may have expired: a platform may allow that for a while.
// They are not replaced here. Errors: those of Session::Call, "bad_certificate", "enroll_mismatch",
// and those of PkiStore::Save; with each the old generation is current.
Result<Refreshed> Refresh(Session& session, PkiStore& store, const TransportFactory& transports,
                          Clock& clock, std::stop_token stop, RenewalKey key = RenewalKey::kNew);

}  // namespace powernode::enroll

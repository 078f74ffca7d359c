// The first rung for a node that was switched off longer than its certificate lived: the platform
// may take the expired one for a renewal for a while. What comes next (a token from the identity
// sources, a claim) is join.h's.
#pragma once

#include <stop_token>

#include "agent/base/clock.h"
#include "agent/base/result.h"
#include "enroll/credentials.h"
#include "enroll/pki_store.h"
#include "enroll/refresh.h"
#include "enroll/transport.h"

namespace powernode::runtime {

// Renews with the expired credentials. kDenied "certificate_expired": the platform does not; else
// the transport's errors, as they are.
Result<enroll::Refreshed> RenewExpired(enroll::CredentialsPtr expired, enroll::PkiStore& store,
                                       const enroll::TransportFactory& transports, Clock& clock,
                                       std::stop_token stop);

}  // namespace powernode::runtime

// Token to certificate (node-api.md §7): one attempt, safe to repeat at any time. The key and the
// request id are on disk before the request leaves, so that a lost answer is asked for again rather
// than lost; the certificate is checked before it is kept; nothing that is good is replaced by
// something that is not.
#pragma once

#include <chrono>
#include <optional>
#include <stop_token>

#include "agent/base/clock.h"
#include "agent/base/result.h"
#include "enroll/credentials.h"
#include "enroll/pki_store.h"
#include "enroll/transport.h"
#include "identity/identity.h"

namespace powernode::enroll {

struct Enrolled {
  CredentialsPtr credentials;
  // "pki_not_durable": the certificate is good but lives in memory only; try PkiStore::Save again.
  std::optional<Error> not_saved;
  std::optional<Error> roots_not_kept;  // the platform offered TLS roots that cannot be used
};

struct EnrollAttempt {
  // Errors: no_token, no_trust_anchor, ca_algorithm_unsupported, token_refused, enroll_rejected,
  // bad_certificate, enroll_mismatch, those of PrepareRequest (the token was not sent), and those
  // of the transport and of DataOf. None contains the token.
  Result<Enrolled> outcome;
  std::optional<std::chrono::seconds> retry_after;  // the platform's own wish, at most 900 s
};

enum class PersistKind { kDurable, kVolatile };

// `identity` must carry a token. Blocks for at most the time of one call of node-api.md §1.3.
EnrollAttempt Enroll(const identity::Identity& identity, PersistKind persist, PkiStore& store,
                     const TransportFactory& transports, Clock& clock, std::stop_token stop);

}  // namespace powernode::enroll

// Becoming known without a token, as boot and service do it: one round of node-files.md §2.7. The
// key is on disk before the platform hears of it, what the platform gave is on disk before it is
// used, and a result that waits there is used without asking again.
#pragma once

#include <optional>
#include <stop_token>
#include <string>

#include "agent/base/clock.h"
#include "agent/base/paths.h"
#include "agent/base/result.h"
#include "enroll/claim.h"
#include "enroll/credentials.h"
#include "enroll/transport.h"
#include "identity/identity.h"

namespace powernode::runtime {

struct ClaimRound {
  // With a token, or: "claim_pending" (kUnavailable; names the code), those of ChooseCard,
  // PrepareKey and PollClaim.
  Result<identity::Identity> identity;
  std::optional<enroll::ClaimAttempt> attempt;  // for ClaimPace; absent when nothing was asked
  std::string code;                             // what an operator has to confirm, and where
  std::string url;
};

struct ClaimTask {
  const Paths& paths;
  identity::Claimable who;
  // The stored set, if there is one: its certificate can prove this node no more, its key still
  // can.
  enroll::CredentialsPtr expired;
  std::string instead_of;  // SHA-256 of a token of another source that the platform refused
};

// At most one call to the platform.
ClaimRound ClaimOnce(const ClaimTask& task, const enroll::TransportFactory& transports,
                     Clock& clock, std::stop_token stop);

}  // namespace powernode::runtime

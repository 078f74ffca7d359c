// What this node has once accepted under a signature and never goes back behind (`trust.json`,
// node-files.md §5.6): the platform's trust policy, and the highest signed assignment. Written
// under a lock of its own, for the service and a command may both have news.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "agent/base/paths.h"
#include "agent/base/result.h"
#include "verify/signed_assignment.h"

namespace powernode::runtime {

struct TrustState {
  std::optional<std::string> policy_envelope;  // its signature is checked at every use
  std::uint64_t policy_revision = 0;
  std::int64_t assignment_revision = 0;  // 0: none was accepted
  std::string assignment_sha256;         // of its payload
};

// A corrupt file is set aside and counts as none. kUnsupported "state_newer".
Result<TrustState> LoadTrustState(const Paths& paths);

// What `news` has of a policy and of an assignment takes the place of what is stored, unless that
// is of a later revision. kBusy "locked".
Status KeepTrust(const Paths& paths, const TrustState& news);

// kRefused "revision_rollback": a higher one was accepted; kRefuted "assignment_rejected": another
// one of the same revision was.
Status RequireNotOlder(const TrustState& trust, const verify::SignedAssignment& assignment);

}  // namespace powernode::runtime

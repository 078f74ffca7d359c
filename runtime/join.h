// Becoming known, as boot and service do it: stored credentials when they can be used; when they
// have expired, a renewal with them if the platform allows it; else identity sources and one
// enrolment attempt, and where nothing but the token is missing, one claim poll before it. A clock
// that is plainly wrong is set right on the way. One round at a time, the sources read anew in
// each; who calls decides about waiting, so that a node with a last known good set never waits for
// its platform.
#pragma once

#include <chrono>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "agent/base/clock.h"
#include "agent/base/paths.h"
#include "agent/base/result.h"
#include "enroll/claim.h"
#include "enroll/credentials.h"
#include "enroll/enroll.h"
#include "enroll/enroll_pace.h"
#include "identity/identity.h"
#include "runtime/persist.h"

namespace powernode::runtime {

// kRejected: the platform takes the stored certificate no more, though its time is not over.
enum class StoredCertificate { kUsed, kRejected };

struct JoinRequest {
  Paths paths;
  PersistState persist = PersistState::kDurable;
  identity::SourceSettings sources = {};
  std::optional<identity::Record> given = {};  // from flags
  bool claim = false;                          // ask by claim when only the token is missing
  StoredCertificate stored = StoredCertificate::kUsed;
  enroll::TransportFactory transports = enroll::CurlTransports();
};

enum class JoinedBy { kStored, kRenewed, kEnrolled };

struct Joined {
  enroll::CredentialsPtr credentials;
  JoinedBy by = JoinedBy::kStored;
  bool saved = true;   // false: in memory only so far; PkiStore::Save is to be tried again
  std::string source;  // "fw-cfg": where the instance id came from
  std::optional<Error> refused_change;  // why it is not another instance, as its sources say
  std::vector<Error> findings;  // generations passed over, identity_conflict, pki_not_durable

  // The node is who its sources say, and that is stored: no one needs their token any more.
  bool TokenIsSpent() const;
};

struct JoinAttempt {
  Result<Joined> outcome;
  std::string stage;   // "identity", "claim" or "enroll": where a failure happened
  std::string source;  // where the instance id came from, when known
  std::optional<enroll::EnrollAttempt> enroll = {};  // for EnrollPace
  std::optional<enroll::ClaimAttempt> claim = {};    // for ClaimPace
  std::string claim_code = {};  // what an operator has to confirm; empty: nothing
  std::string claim_url = {};
};

JoinAttempt JoinOnce(const JoinRequest& request, Clock& clock, std::stop_token stop);

// Waits between failed rounds: EnrollPace for enrolment, ClaimPace for a claim, 10 s doubling to
// 5 min for identity sources (I6).
class JoinPace {
 public:
  std::chrono::milliseconds Next(const JoinAttempt& failed);

 private:
  enroll::EnrollPace enroll_;
  enroll::ClaimPace claim_;
  std::chrono::seconds identity_{10};
};

}  // namespace powernode::runtime

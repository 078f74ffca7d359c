// Becoming known, as boot and service do it: stored credentials when they can be used, else
// identity sources and one enrolment attempt. One round at a time; who calls decides about waiting,
// so that a node with a last known good set never waits for its platform.
#pragma once

#include <chrono>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "agent/base/clock.h"
#include "agent/base/paths.h"
#include "agent/base/result.h"
#include "enroll/credentials.h"
#include "enroll/enroll.h"
#include "enroll/enroll_pace.h"
#include "identity/identity.h"
#include "runtime/persist.h"

namespace powernode::runtime {

struct JoinRequest {
  Paths paths;
  PersistState persist = PersistState::kDurable;
  std::optional<identity::Record> given;  // from flags
};

enum class JoinedBy { kStored, kEnrolled };

struct Joined {
  enroll::CredentialsPtr credentials;
  JoinedBy by = JoinedBy::kStored;
  bool saved = true;   // false: in memory only so far; PkiStore::Save is to be tried again
  std::string source;  // "fw-cfg": where the instance id came from
  std::optional<Error> refused_change;  // why it is not another instance, as its sources say
  std::vector<Error> findings;  // generations passed over, identity_conflict, pki_not_durable
};

struct JoinAttempt {
  Result<Joined> outcome;
  std::string stage;                            // "identity" or "enroll": where a failure happened
  std::string source;                           // where the instance id came from, when known
  std::optional<enroll::EnrollAttempt> enroll;  // for EnrollPace
};

JoinAttempt JoinOnce(const JoinRequest& request, Clock& clock, std::stop_token stop);

// Waits between failed rounds: EnrollPace for enrolment, 10 s doubling to 5 min for identity
// sources (I6).
class JoinPace {
 public:
  std::chrono::milliseconds Next(const JoinAttempt& failed);

 private:
  enroll::EnrollPace enroll_;
  std::chrono::seconds identity_{10};
};

}  // namespace powernode::runtime

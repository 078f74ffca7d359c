// What a boot may compose (node-files.md §10): what the platform assigns, the staged set, the last
// known good one and the one before it, gathered with the facts that decide on their order
// (boot_choice.h); and the node's own session to the platform, if there is one.
#pragma once

#include <memory>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <vector>

#include "agent/base/backoff.h"
#include "agent/base/clock.h"
#include "agent/base/paths.h"
#include "agent/base/result.h"
#include "enroll/node_api.h"
#include "enroll/session.h"
#include "runtime/assignment.h"
#include "runtime/boot_choice.h"
#include "runtime/boot_console.h"
#include "runtime/claim_console.h"
#include "runtime/composition.h"
#include "runtime/join.h"
#include "runtime/settings.h"

namespace powernode::runtime {

// An open session, once the node has joined.
struct Platform {
  std::unique_ptr<enroll::Session> session;
  std::unique_ptr<enroll::NodeApi> api;
};

struct BootCandidate {
  BootChoice choice;
  Composition composition;
};

struct BootOffer {
  std::vector<BootCandidate> candidates;  // in the order in which they are tried
  // Why what the platform assigns is not the first of them; its stage.
  std::optional<Error> not_live;
  std::string stage;
};

class BootCandidates {
 public:
  BootCandidates(const Paths& paths, const Settings& settings, PersistState persist,
                 BootConsole& console, Clock& clock)
      : paths_(paths),
        settings_(settings),
        persist_(persist),
        console_(console),
        clock_(clock),
        claim_console_(paths, clock) {}

  // Joins if that has not happened yet, and asks for the assignment: at most three tries, two
  // seconds apart.
  BootOffer Gather(const std::string& boot_id, std::stop_token stop);

  // Before the first mount: a set that takes the machine down has been counted.
  Status Count(const std::string& hash, const std::string& boot_id);

  // nullptr before the node has joined.
  enroll::Session* session() { return platform_.session.get(); }

  // When to try again after nothing could be composed.
  std::chrono::milliseconds NextWait();

 private:
  Result<Assignment> Live(std::stop_token stop);
  Result<Assignment> Ask(std::stop_token stop);
  Status Join(std::stop_token stop);
  bool MayClaim();
  bool ClockCorrected(const Error& error, std::stop_token stop);

  const Paths& paths_;
  const Settings& settings_;
  PersistState persist_;
  BootConsole& console_;
  Clock& clock_;
  Platform platform_;
  bool time_asked_ = false;
  std::string failed_stage_;
  bool joined_before_ = false;  // a round of joining was tried and led to no boot
  ClaimConsole claim_console_;
  std::optional<JoinAttempt> failed_join_;
  JoinPace join_pace_;
  Backoff pace_{std::chrono::seconds(20), std::chrono::seconds(600)};
  std::set<std::string, std::less<>> tried_;  // hashes of the sets that this process counted
  bool counting_fails_ = false;
};

}  // namespace powernode::runtime

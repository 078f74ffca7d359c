// What a boot may compose, in the order of node-files.md §10.2 (here: live, then last known good),
// and what each attempt needs: the node's own session to the platform, if there is one.
#pragma once

#include <memory>
#include <optional>
#include <stop_token>
#include <string>

#include "agent/base/backoff.h"
#include "agent/base/clock.h"
#include "agent/base/paths.h"
#include "agent/base/result.h"
#include "enroll/node_api.h"
#include "enroll/session.h"
#include "runtime/assignment.h"
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
  // seconds apart. The error's stage is in failed_stage().
  Result<Composition> Live(std::stop_token stop);

  // kNotFound "no_lkg" when there is none or it is switched off.
  Result<Composition> LastKnownGoodSet();

  // nullptr before the node has joined.
  enroll::Session* session() { return platform_.session.get(); }
  const std::string& failed_stage() const { return failed_stage_; }

  // When to try again after Live() failed.
  std::chrono::milliseconds NextWait();

 private:
  Result<Assignment> Ask(std::stop_token stop);
  Status Join(std::stop_token stop);
  bool MayClaim();
  Result<Composition> Believed(Assignment live);
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
};

}  // namespace powernode::runtime

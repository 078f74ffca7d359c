// Becomes known and stays known (node-api.md §2): joins, renews the certificate in time, goes back
// to the one before when the platform refuses the new one, and looks for another way in when it
// takes none of them. Credentials are never deleted for an answer of the platform, and the modules
// keep running whatever comes of it.
//
// The one writer of the session's credentials; the other loops see a session or none.
#pragma once

#include <chrono>
#include <functional>
#include <stop_token>
#include <string>
#include <utility>

#include "agent/base/clock.h"
#include "agent/base/log.h"
#include "agent/base/paths.h"
#include "enroll/pki_store.h"
#include "enroll/refresh.h"
#include "runtime/claim_console.h"
#include "runtime/findings.h"
#include "runtime/heartbeat_loop.h"
#include "runtime/join.h"
#include "runtime/live_settings.h"
#include "runtime/node_report.h"
#include "runtime/shared_platform.h"

namespace powernode::runtime {

class CredentialLoop {
 public:
  // `on_change` is called when the node has become known, and when its claim code changes.
  CredentialLoop(const Paths& paths, LiveSettings settings, const HeartbeatLoop& heartbeat,
                 SharedPlatform& platform, ReportBoard& board, Findings& findings, Clock& clock,
                 Log& log, std::function<void()> on_change)
      : paths_(paths),
        settings_(std::move(settings)),
        heartbeat_(heartbeat),
        platform_(platform),
        board_(board),
        findings_(findings),
        clock_(clock),
        log_(log),
        on_change_(std::move(on_change)),
        transports_(enroll::CurlTransports(settings_->transport)),
        store_(paths.pki),
        claim_console_(paths, clock) {}

  std::chrono::milliseconds Tick(std::stop_token stop);

 private:
  std::chrono::milliseconds Join(StoredCertificate stored, std::stop_token stop);
  void ReportClaim(const JoinAttempt& attempt);
  void ReportTrouble(const std::string& code, const std::string& stage, const std::string& detail);
  void Tell(std::string_view kind, Severity severity, Json payload);
  void SaveUnsaved(JoinedPlatform& platform);
  void NoteProof(JoinedPlatform& platform, const HeartbeatNews& news);
  void CorrectClockAfter(const Error& error, JoinedPlatform& platform, std::stop_token stop);
  void LookElsewhere(JoinedPlatform& platform, std::stop_token stop);
  std::chrono::milliseconds Renew(JoinedPlatform& platform, enroll::RenewalKey key,
                                  std::stop_token stop);
  std::chrono::milliseconds Tried(JoinedPlatform& platform, enroll::CredentialsPtr fresh,
                                  std::stop_token stop);
  std::chrono::milliseconds NotRenewed(const Error& error, JoinedPlatform& platform,
                                       std::stop_token stop);
  std::chrono::milliseconds AfterRejection(JoinedPlatform& platform, std::stop_token stop);

  const Paths& paths_;
  LiveSettings settings_;
  const HeartbeatLoop& heartbeat_;
  SharedPlatform& platform_;
  ReportBoard& board_;
  Findings& findings_;
  Clock& clock_;
  Log& log_;
  std::function<void()> on_change_;
  enroll::TransportFactory transports_;
  enroll::PkiStore store_;
  ClaimConsole claim_console_;
  JoinPace pace_;
  std::pair<std::string, std::string> trouble_;  // code and stage of what kept it from joining
  enroll::CredentialsPtr unsaved_;               // in memory only so far
  enroll::CredentialsPtr untried_;  // renewed and saved; the platform has not been asked with it
  std::string marked_;              // the generation that is marked as proven
  std::string renewed_for_;         // the serial that was renewed because the platform wished it
  bool rejection_told_ = false;     // to the platform, for when it listens again
  unsigned failures_ = 0;           // of renewals, since the last good one
  std::chrono::milliseconds not_before_{0};  // monotonic: no renewal is tried earlier
  std::chrono::milliseconds look_again_{0};  // monotonic: no other address is looked for earlier
  std::chrono::milliseconds time_kept_{0};   // monotonic: when the good time was written last
};

}  // namespace powernode::runtime

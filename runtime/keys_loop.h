// Every five minutes: who may log in, and what this node is called (node-files.md §12.3, §12.4,
// §13). A root that is composed anew has neither: keys and name are kept on the persist file
// system, and the keys are put back before the platform is asked.
#pragma once

#include <chrono>
#include <stop_token>

#include "agent/base/log.h"
#include "agent/base/paths.h"
#include "runtime/findings.h"
#include "runtime/live_settings.h"
#include "runtime/managed_keys.h"
#include "runtime/node_report.h"
#include "runtime/shared_platform.h"

namespace powernode::runtime {

class KeysLoop {
 public:
  KeysLoop(const Paths& paths, LiveSettings settings, const SharedPlatform& platform,
           const ReportBoard& board, Findings& findings, Log& log)
      : paths_(paths),
        settings_(std::move(settings)),
        platform_(platform),
        board_(board),
        findings_(findings),
        log_(log) {}

  std::chrono::milliseconds Tick(std::stop_token stop);

 private:
  Result<KeyHistory> LoadHistory() const;
  Status SaveHistory(const KeyHistory& history) const;
  Status PutBack();
  Status FollowKeys(enroll::Session& session, std::stop_token stop);
  Status FollowName(enroll::Session& session, std::stop_token stop);
  void Note(const char* subject, const Status& status);

  const Paths& paths_;
  LiveSettings settings_;
  const SharedPlatform& platform_;
  const ReportBoard& board_;
  Findings& findings_;
  Log& log_;
  bool put_back_ = false;
};

}  // namespace powernode::runtime

// A node that can compose nothing still tells its platform so, when its certificate works
// (node-files.md §9.6): one heartbeat in mode "rescue" with what failed as its finding.
#pragma once

#include <stop_token>
#include <string>

#include "agent/base/clock.h"
#include "agent/base/log.h"
#include "agent/base/paths.h"
#include "agent/base/result.h"
#include "enroll/session.h"
#include "runtime/persist.h"

namespace powernode::runtime {

struct RescueReport {
  const Paths& paths;
  PersistState persist;
  std::string kernel_release;
  std::string stage;
  const Error& error;
};

Status SendRescueReport(const RescueReport& report, enroll::Session& session, Clock& clock,
                        std::stop_token stop);

}  // namespace powernode::runtime

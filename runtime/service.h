// The long-lived service (node-files.md §13): credentials, heartbeat, reconcile, health, tasks,
// keys and events, each in a loop of its own, under a supervisor that feeds the service manager's
// watchdog only while none of them is stuck.
//
// The heartbeat never waits for anything else: it takes no lock that another loop holds over I/O
// and has the session's control lane to itself. SIGTERM (the stop token) ends everything within two
// seconds; nothing is half-written because everything is written by rename.
#pragma once

#include <functional>
#include <memory>
#include <stop_token>
#include <string>

#include "agent/base/clock.h"
#include "agent/base/log.h"
#include "agent/base/paths.h"
#include "agent/base/process.h"
#include "agent/base/result.h"
#include "runtime/notify.h"
#include "runtime/settings.h"

namespace powernode::runtime {

enum class ServiceManager {
  kSystemd,
  kNone
};  // kNone: another root (--below), units are only written

struct ServiceRequest {
  Paths paths;
  Settings settings;
  std::function<Settings()> read_settings;  // at SIGHUP, which has to be blocked (hangup.h)
  ServiceManager manager = ServiceManager::kSystemd;
};

// Returns when `stop` is requested; kBusy "locked" when another agent serves this node.
Status RunService(const ServiceRequest& request, const ServiceNotifier& notifier,
                  ProcessRunner& runner, Clock& clock, Log& log, std::stop_token stop);

}  // namespace powernode::runtime

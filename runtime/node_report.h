// What the node knows of itself at one moment: an immutable snapshot that the loops share, the body
// of a heartbeat, and the content of $R/status.json.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "agent/base/json.h"
#include "agent/base/paths.h"
#include "enroll/credentials.h"
#include "enroll/session.h"
#include "runtime/breadcrumb.h"
#include "runtime/last_known_good.h"
#include "runtime/live_modules.h"
#include "runtime/persist.h"
#include "runtime/systemd.h"

namespace powernode::runtime {

struct ServiceReport {
  std::string module_id;
  std::string service;
  UnitState state;
};

// A set that does not run, in short.
struct SetSummary {
  std::string composition;  // its hash
  std::size_t modules = 0;
  std::int64_t revision = 0;

  bool operator==(const SetSummary&) const = default;
};
SetSummary SummaryOf(const Composition& set);

struct NodeReport {
  NodeMode mode = NodeMode::kHost;
  std::optional<Breadcrumb> breadcrumb;     // what runs
  std::vector<std::string> live_ids;        // proven by the mount table
  std::map<std::string, LiveLayer> layers;  // of the live ones
  std::optional<LastKnownGood> last_known_good;
  PersistState persist = PersistState::kDurable;
  std::uint64_t persist_free_mib = 0;
  std::vector<ServiceReport> services;
  std::optional<SetSummary> staged;  // waits for the next boot
  unsigned staged_attempts = 0;
  bool pending_reboot = false;
  unsigned attempts = 0;                                // of the running set, without a verdict
  std::string gate;                                     // "waiting: ...", "passed"
  std::optional<std::chrono::milliseconds> healthy_at;  // monotonic: the gate passed first
  std::string claim_code;  // what an operator has to confirm; empty: nothing
  std::string claim_url;
  std::string kernel_release;
  std::string architecture;
  std::string boot_id;
};

// Shared by the loops; readers get a snapshot that does not change under them.
class ReportBoard {
 public:
  std::shared_ptr<const NodeReport> Get() const;
  // Applies `change` to a copy and makes that the current one.
  template <typename Change>
  void Update(Change change) {
    const std::scoped_lock lock(mutex_);
    auto next = std::make_shared<NodeReport>(*current_);
    change(*next);
    current_ = std::move(next);
  }

 private:
  mutable std::mutex mutex_;
  std::shared_ptr<const NodeReport> current_ = std::make_shared<NodeReport>();
};

struct Vitals {
  std::optional<std::int64_t> uptime_seconds;  // absent: not measured
  std::optional<double> load_average;
  std::optional<std::int64_t> memory_free_kb;
  std::optional<std::int64_t> memory_kb;
};
Vitals MeasureVitals(const Paths& paths);

struct LastHeartbeat {
  std::int64_t at = 0;  // seconds since 1970; 0: none yet
  std::string error;    // of the newest attempt; empty when it was answered
  std::uint64_t answered = 0;
  std::uint64_t failed = 0;
  std::optional<std::chrono::milliseconds> first_at;  // monotonic: the first one that was answered
};

// The request body of node-api.md §8.1. A field is filled or absent, never guessed.
Json HeartbeatBody(const NodeReport& report, const Vitals& vitals,
                   const enroll::Credentials& credentials, enroll::CredentialMode mode,
                   const Json& findings, std::int64_t now_unix);

// $R/status.json, "schema" "powernode-status", "version" 1. A member is added without a new
// version, and means the same as long as the version is the same.
Json StatusBody(const NodeReport& report, const enroll::Credentials* credentials,
                const LastHeartbeat& heartbeat, const Json& findings, std::int64_t now_unix);

}  // namespace powernode::runtime

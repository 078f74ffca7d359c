// One service of a module, as the platform describes it (node-api.md §10.3). Element-wise tolerance
// (T1, T11): a bad optional value is left out and noted, a bad required one spoils this service
// only.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "agent/base/json.h"
#include "agent/base/result.h"

namespace powernode::enroll {

enum class RestartPolicy { kAlways, kOnFailure, kNever };
enum class DependencyKind { kStartBefore, kRequiresHealth, kSoft };

struct ServiceDependency {
  std::string service;
  DependencyKind kind = DependencyKind::kRequiresHealth;
};

struct Service {
  std::string name;  // ^[a-z0-9][a-z0-9-]{0,62}$
  std::string start_command;
  std::string stop_command;  // may be empty
  RestartPolicy restart_policy = RestartPolicy::kAlways;
  std::string user;                                      // empty: root
  std::string working_directory;                         // empty, or absolute without ".."
  std::vector<std::pair<std::string, std::string>> env;  // sorted by key
  std::vector<ServiceDependency> dependencies;
  std::vector<std::string> capabilities;  // "CAP_..."
  std::string health_endpoint;            // may be empty
  std::string health_method;
  std::int64_t health_interval_s = 30;
  std::int64_t health_timeout_s = 5;
  std::int64_t health_initial_delay_s = 10;
};

// kInvalid "bad_service": the message names the service and what is wrong. `notes` gets one text
// for each value that was left out.
Result<Service> ParseService(const Json& element, std::vector<std::string>& notes);

}  // namespace powernode::enroll

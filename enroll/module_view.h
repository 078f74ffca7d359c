// What the platform says about one module (node-api.md §10.2), checked: ids may stand in a path,
// digests are digests, one bad service or value spoils only itself (T1, T11), and what was dropped
// is said. Nothing here is trusted for content: bytes are proven by digest and signature later.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "agent/base/json.h"
#include "agent/base/result.h"
#include "enroll/account.h"
#include "enroll/service.h"

namespace powernode::enroll {

struct ModuleSecurity {
  std::vector<std::string> capabilities;
  bool privileged = false;
  std::string egress_mode;  // "", "open", "deny"
  std::vector<std::string> egress_allow;
  std::string seccomp_profile;
  std::string selinux_profile;
  std::string apparmor_profile;
};

struct ModuleView {
  std::string id;
  std::string name;
  std::string digest;  // SHA-256 of the image, 64 lower-case hex digits; empty: not composable
  std::optional<std::uint64_t> size;
  std::string fsverity;      // 64 hex digits or empty
  std::string image_format;  // "erofs", "composefs" or empty
  std::string architecture;  // "amd64", "arm64" or empty
  std::int64_t effective_priority = 0;
  std::vector<std::string> dependencies;
  std::vector<Service> services;
  ModuleSecurity security;
  std::vector<ModuleUser> users;
  std::vector<ModuleGroup> groups;
  std::string manifest_sha256;     // given, else of the canonical bytes of `manifest`
  Json manifest;                   // the module object as received, without its nested copy
  std::vector<std::string> notes;  // what was dropped or ambiguous, for one log line each
};

// `data` of an answer (or a stored manifest). kInvalid "bad_module" (no id or name, an id that may
// not stand in a path), "digest_unsupported".
Result<ModuleView> ParseModuleView(const Json& data);

}  // namespace powernode::enroll

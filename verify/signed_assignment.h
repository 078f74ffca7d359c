// Which modules a node runs, signed by the owner (node-api.md §12.2): what `GET modules` serves
// beside its list, and what takes precedence over it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/base/result.h"
#include "verify/policy.h"

namespace powernode::verify {

struct AssignedModule {
  std::string id;
  std::string name;
  std::string digest;  // of the image, 64 hex digits
  std::optional<std::uint64_t> size;
  std::string image_format;  // may be empty
  std::string fsverity;      // 64 hex digits or empty
  std::int64_t effective_priority = 0;
  std::string manifest_sha256;  // of the manifest's bytes as served, 64 hex digits; or empty
};

struct SignedAssignment {
  std::int64_t revision = 0;  // from 1
  std::vector<AssignedModule> modules;
  std::string payload_sha256;  // two of one revision must be the same
};

// `envelope` is the DSSE JSON, at most 1 MiB. A key of the image may sign, unless the platform's
// policy revokes it or names others for the role "assignment". kRefuted "assignment_rejected":
// signed by nobody this node knows, for another node, expired, or not understood.
Result<SignedAssignment> OpenSignedAssignment(std::string_view envelope, const Policy& policy,
                                              std::string_view instance_id, std::int64_t now_unix);

}  // namespace powernode::verify

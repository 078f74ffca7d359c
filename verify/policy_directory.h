// Reads the owner's policy from the image: /etc/powernode/policy.json, and the keys and trusted
// roots in /etc/powernode/trust that it names. Never from the persist partition: whoever can write
// there must not decide what this node accepts.
#pragma once

#include <string>
#include <vector>

#include "agent/base/result.h"
#include "verify/policy.h"

namespace powernode::verify {

struct LoadedPolicy {
  Policy policy;                // broken when the file is there and cannot be used
  std::vector<Error> problems;  // keys that cannot be used, one a file; the broken policy
};

// `file` need not exist: Policy::BuiltIn.
LoadedPolicy LoadPolicy(const std::string& file, const std::string& trust_directory);

}  // namespace powernode::verify

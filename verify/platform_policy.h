// The trust policy that a platform sends (node-api.md §12.4): signed by a key of the owner's image,
// and able to tighten what the image says, never to loosen it. It adds no key and no rule.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "agent/base/result.h"
#include "verify/policy.h"
#include "verify/sigstore/identity_rule.h"

namespace powernode::verify {

struct PlatformPolicy {
  std::uint64_t revision = 0;
  bool enforce = false;         // mode: the others ask for less, which it cannot have
  bool require_verity = false;  // likewise
  // The keys that modules may still be signed with; nullopt: all that the image has.
  std::optional<std::set<std::string, std::less<>>> module_keys;
  std::optional<std::set<std::string, std::less<>>> assignment_keys;  // likewise, assignments
  std::set<std::string, std::less<>> revoked_keys;
  std::set<BlobDigest> revoked_digests;
  std::optional<sigstore::IdentityRule> identity;  // certificates must satisfy it as well
};

// `envelope` is the DSSE JSON, at most 1 MiB. `now_unix` ages keys. kRefuted
// "trust_policy_rejected": unsigned, signed by a stranger, not understood to the last member, or
// without a key that could sign its successor.
Result<PlatformPolicy> OpenPlatformPolicy(std::string_view envelope, const TrustStore& trust,
                                          std::int64_t now_unix);

void Tighten(Policy& policy, const PlatformPolicy& platform);

}  // namespace powernode::verify

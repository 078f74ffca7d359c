// What the owner of this node accepts as a module, as one value that is built once and serves boot,
// service and shell (signatures.md, section 14). It comes from the image and the kernel command
// line; what the platform sends can only tighten it.
//
// The first rule whose patterns match a module's name decides about it. No rule: refused.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "agent/base/result.h"
#include "verify/blob_digest.h"
#include "verify/policy_words.h"
#include "verify/sigstore/requirements.h"
#include "verify/trust_store.h"

namespace powernode::verify {

struct PolicyRule {
  std::string name;                  // for reports: "rule 2 (nginx-*)"
  std::vector<std::string> modules;  // patterns with * and ?, against the module's name
  sigstore::Requirements requirements;
  Binding binding = Binding::kStatement;
};

// Module id -> the lowest revision that is accepted.
using RevisionFloors = std::map<std::string, std::uint64_t, std::less<>>;

struct Policy {
  TrustMode mode = TrustMode::kEnforce;
  VerityMode verity = VerityMode::kAuto;
  std::vector<PolicyRule> rules;
  RevisionFloors floors;
  std::set<std::string, std::less<>> revoked_keys;  // ids
  // The keys that assignments may be signed with; nullopt: all that are not revoked.
  std::optional<std::set<std::string, std::less<>>> assignment_keys;
  std::set<BlobDigest> revoked_digests;
  std::optional<sigstore::IdentityRule> also;  // what certificates must satisfy beside their rule

  TrustStore trust;             // the image's keys, which rules name
  std::string origin;           // for messages: "/etc/powernode/policy.json", or "built in"
  std::optional<Error> broken;  // it could not be read: everything is refused with this

  // Without a policy file: every key of the image may sign a module statement for every module.
  static Policy BuiltIn(TrustStore trust);
  // Refuses everything, and says why.
  static Policy Broken(Error why, std::string origin);

  // nullptr: no rule matches.
  const PolicyRule* RuleFor(std::string_view module_name) const;
  std::uint64_t FloorOf(std::string_view module_id) const;  // 0: none
  // Takes the higher of both for each module.
  void RaiseFloors(const RevisionFloors& floors);
};

}  // namespace powernode::verify

#include "verify/policy.h"

#include <fnmatch.h>

#include <algorithm>
#include <utility>

namespace powernode::verify {

Policy Policy::BuiltIn(TrustStore trust) {
  Policy policy;
  policy.origin = "built in";
  if (!trust.empty()) {
    std::vector<x509::PublicKey> keys;
    for (const TrustedKey& key : trust.keys()) keys.push_back(key.key);
    policy.rules.push_back({.name = "built-in rule (any trusted key)",
                            .modules = {"*"},
                            .requirements = sigstore::Requirements::ForKeys(std::move(keys)),
                            .binding = Binding::kStatement});
  }
  policy.trust = std::move(trust);
  return policy;
}

Policy Policy::Broken(Error why, std::string origin) {
  Policy policy;
  policy.origin = std::move(origin);
  policy.broken = std::move(why);
  return policy;
}

const PolicyRule* Policy::RuleFor(std::string_view module_name) const {
  const std::string name(module_name);
  const auto matches = [&](const std::string& pattern) {
    return ::fnmatch(pattern.c_str(), name.c_str(), FNM_NOESCAPE) == 0;
  };
  for (const PolicyRule& rule : rules)
    if (std::any_of(rule.modules.begin(), rule.modules.end(), matches)) return &rule;
  return nullptr;
}

std::uint64_t Policy::FloorOf(std::string_view module_id) const {
  const auto found = floors.find(module_id);
  return found == floors.end() ? 0 : found->second;
}

void Policy::RaiseFloors(const RevisionFloors& raised) {
  for (const auto& [module_id, revision] : raised)
    floors[module_id] = std::max(floors[module_id], revision);
}

}  // namespace powernode::verify

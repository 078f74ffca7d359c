#include "verify/sigstore/requirements.h"

#include <utility>

#include "verify/sigstore/refusal.h"

namespace powernode::verify::sigstore {
namespace {

Error Contradiction(std::string_view why) {
  return Unchecked(stage::kPolicy, "policy: " + std::string(why));
}

Status CheckKeyMode(const Requirements& requirements) {
  if (requirements.keys.empty()) return Contradiction("no keys");
  if (!requirements.identities.empty()) return Contradiction("keys and identities in one rule");
  if (requirements.sct_threshold != 0)
    return Contradiction("certificate timestamps are wanted of keys");
  const bool wants_evidence = requirements.tlog_threshold != 0 ||
                              requirements.timestamp_threshold != 0 ||
                              requirements.tsa_threshold != 0;
  if (wants_evidence && !requirements.trusted_root)
    return Contradiction("log entries or timestamps are wanted without a trusted root");
  return Ok();
}

Status CheckKeylessMode(const Requirements& requirements) {
  if (requirements.identities.empty()) return Contradiction("no identities");
  if (!requirements.keys.empty()) return Contradiction("keys and identities in one rule");
  if (!requirements.trusted_root) return Contradiction("keyless without a trusted root");
  // A certificate of ten minutes without a time would be one for ever.
  if (requirements.timestamp_threshold == 0)
    return Contradiction("keyless without a signed time (timestamp_threshold 0)");
  return Ok();
}

}  // namespace

Requirements Requirements::ForKeys(std::vector<x509::PublicKey> keys,
                                   std::shared_ptr<const TrustedRoot> root) {
  Requirements requirements{.mode = TrustMode::kKey, .keys = std::move(keys)};
  requirements.tlog_threshold = root ? 1 : 0;
  requirements.trusted_root = std::move(root);
  return requirements;
}

Requirements Requirements::ForIdentities(std::vector<IdentityRule> identities,
                                         std::shared_ptr<const TrustedRoot> root) {
  return {.mode = TrustMode::kKeyless,
          .identities = std::move(identities),
          .trusted_root = std::move(root),
          .tlog_threshold = 1,
          .sct_threshold = 1,
          .timestamp_threshold = 1};
}

Status CheckRequirements(const Requirements& requirements) {
  if (requirements.predicate_type && requirements.predicate_type->empty())
    return Contradiction("an empty predicate type");
  if (requirements.docker_reference && requirements.docker_reference->empty())
    return Contradiction("an empty docker reference");
  switch (requirements.mode) {
    case TrustMode::kKey:
      return CheckKeyMode(requirements);
    case TrustMode::kKeyless:
      return CheckKeylessMode(requirements);
  }
  return Contradiction("unknown mode");
}

}  // namespace powernode::verify::sigstore

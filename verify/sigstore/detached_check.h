// Signatures that carry no evidence: the plain .sig and the legacy bundle, by a key of the policy
// (signatures.md, sections 3.2 and 3.3).
#pragma once

#include <string_view>

#include "agent/base/result.h"
#include "verify/sigstore/artifact.h"
#include "verify/sigstore/facts.h"
#include "verify/sigstore/legacy_bundle.h"
#include "verify/sigstore/requirements.h"

namespace powernode::verify::sigstore {

// The text of a .sig file. Precondition, here and below: CheckRequirements holds.
Result<Facts> CheckDetachedSignature(const Artifact& artifact, std::string_view text,
                                     const Requirements& requirements);

// A legacy bundle under a key policy. The key in it narrows the policy's keys and never adds one;
// its rekorBundle is no evidence.
Result<Facts> CheckLegacyBundle(const Artifact& artifact, const LegacyBundle& bundle,
                                const Requirements& requirements);

// Raw signature bytes by one of `keys`, which are of the policy.
Result<Facts> CheckKeySignature(const Artifact& artifact, std::string_view signature,
                                const std::vector<x509::PublicKey>& keys,
                                const Requirements& requirements);

}  // namespace powernode::verify::sigstore

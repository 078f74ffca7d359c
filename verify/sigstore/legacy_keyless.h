// The older keyless layouts, whose certificate and log promise stand outside of a bundle: the
// legacy JSON, and annotations of OCI signatures (signatures.md, section 12). Accepted only where
// the policy says so. They have no inclusion proof: the log has promised, nobody has looked.
#pragma once

#include <string_view>

#include "agent/base/result.h"
#include "verify/sigstore/artifact.h"
#include "verify/sigstore/facts.h"
#include "verify/sigstore/legacy_bundle.h"
#include "verify/sigstore/requirements.h"

namespace powernode::verify::sigstore {

// Under a keyless policy. Precondition, here and below: CheckRequirements holds.
Result<Facts> CheckLegacyKeyless(const Artifact& artifact, const LegacyBundle& bundle,
                                 const Requirements& requirements);

// The parts of which a layout consists: raw signature, DER of the certificate, the log's promise.
Result<Facts> CheckPromisedSignature(const Artifact& artifact, std::string_view signature,
                                     std::string_view leaf_der, const RekorBundle& promise,
                                     const Requirements& requirements);

}  // namespace powernode::verify::sigstore

// The extension `claim-proof`: a device whose certificate ended while it was switched off proves
// with the old key which instance it is, and needs no person.
//
// Next to `instance_id` and `device_key_sha256` the claim carries
//
//   "proof": {"certificate_sha256": <hex SHA-256 of the old leaf's DER form>,
//             "signature": <base64 of a DER ECDSA signature over SHA-256>}
//
// The old leaf's key signs the bytes "powernode-claim-proof-v1\n" INSTANCE_ID "\n"
// DEVICE_KEY_SHA256 "\n" CERTIFICATE_SHA256 "\n".
#pragma once

#include "tests/platform/call.h"

namespace powernode::platform {

struct ProvenClaim {
  Node* node = nullptr;  // null: nothing was proven
  CertificateRow* certificate = nullptr;
};

// Nothing is proven by a certificate of another instance, a revoked one, or one that ended longer
// ago than the setting `claim_proof_grace_seconds`.
ProvenClaim CheckClaimProof(Call& call);

}  // namespace powernode::platform

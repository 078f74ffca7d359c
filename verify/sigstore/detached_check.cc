#include "verify/sigstore/detached_check.h"

#include <string>
#include <utility>

#include "verify/sigstore/detached_signature.h"
#include "verify/sigstore/policy_key.h"
#include "verify/sigstore/refusal.h"
#include "verify/sigstore/signed_content.h"

namespace powernode::verify::sigstore {

Result<Facts> CheckKeySignature(const Artifact& artifact, std::string_view signature,
                                const std::vector<x509::PublicKey>& keys,
                                const Requirements& requirements) {
  ASSIGN_OR_RETURN(const Signer signer, FindSigner(keys, artifact, signature));
  if (requirements.tlog_threshold != 0)
    return Wrong(stage::kLog, "signature: it has no log entry, which the policy asks for");
  if (requirements.timestamp_threshold != 0 || requirements.tsa_threshold != 0)
    return Wrong(stage::kTime, "signature: it has no signed time, which the policy asks for");
  if (requirements.predicate_type)
    return Wrong(stage::kPredicate, "signature: of bytes, and the policy asks for a statement");
  Facts facts;
  facts.key = SigningKey{.id = KeyId(signer.key)};
  return facts;
}

Result<Facts> CheckDetachedSignature(const Artifact& artifact, std::string_view text,
                                     const Requirements& requirements) {
  ASSIGN_OR_RETURN(const std::string signature, ParseDetachedSignature(text));
  if (requirements.mode != TrustMode::kKey)
    return Wrong(stage::kPolicy,
                 "signature: it has no certificate, and the policy trusts "
                 "identities");
  return CheckKeySignature(artifact, signature, requirements.keys, requirements);
}

Result<Facts> CheckLegacyBundle(const Artifact& artifact, const LegacyBundle& bundle,
                                const Requirements& requirements) {
  std::vector<x509::PublicKey> keys = requirements.keys;
  if (bundle.cert) {
    if (bundle.cert->label != kPublicKeyLabel)
      return Wrong(stage::kPolicy,
                   "legacy bundle: it has a certificate, and the policy trusts keys");
    std::erase_if(keys, [&](const x509::PublicKey& key) { return key.spki() != bundle.cert->der; });
    if (keys.empty())
      return Wrong(stage::kPolicy,
                   "legacy bundle: the key in it is not one that the policy trusts");
  }
  return CheckKeySignature(artifact, bundle.signature, keys, requirements);
}

}  // namespace powernode::verify::sigstore

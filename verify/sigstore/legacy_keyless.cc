#include "verify/sigstore/legacy_keyless.h"

#include <string>
#include <vector>

#include "agent/base/encoding.h"
#include "agent/base/json.h"
#include "verify/sigstore/evidence.h"
#include "verify/sigstore/leaf_trust.h"
#include "verify/sigstore/refusal.h"
#include "verify/sigstore/signed_content.h"

namespace powernode::verify::sigstore {
namespace {

constexpr std::string_view kKind = "hashedrekord";
constexpr std::string_view kVersion = "0.0.1";

// As the entry of a bundle without a proof, so that one piece of code checks both.
LogEntry EntryOf(const RekorBundle& promise) {
  return {.log_index = promise.log_index,
          .log_id = promise.log_id,
          .kind = std::string(kKind),
          .version = std::string(kVersion),
          .integrated_time = promise.integrated_time,
          .promise = promise.promise,
          .body = promise.body};
}

}  // namespace

Result<Facts> CheckPromisedSignature(const Artifact& artifact, std::string_view signature,
                                     std::string_view leaf_der, const RekorBundle& promise,
                                     const Requirements& requirements) {
  if (!requirements.allow_legacy)
    return Wrong(stage::kPolicy, "legacy keyless signatures are not allowed by the policy");
  ASSIGN_OR_RETURN(const x509::Certificate leaf, ReadLeaf(leaf_der));
  if (!leaf.public_key()) return At(stage::kSignature, leaf.public_key().error(), "certificate");
  const std::vector keys{*leaf.public_key()};
  ASSIGN_OR_RETURN(const Signer signer, FindSigner(keys, artifact, signature));
  if (requirements.trusted_root->FindLog(promise.log_id) == nullptr)
    return Wrong(stage::kLog,
                 "log entry: log " + HexEncode(promise.log_id) + " is not in the trusted root");

  const SignedContent content{.artifact = artifact,
                              .envelope = {},
                              .signature = signature,
                              .key = signer.key,
                              .leaf = leaf};
  Facts facts;
  RETURN_IF_ERROR(CheckEntries({EntryOf(promise)}, content, requirements, facts));
  RETURN_IF_ERROR(CheckTimestamps({}, signature, requirements, facts));
  RETURN_IF_ERROR(CheckLeafTrust(leaf, requirements, facts));
  if (requirements.predicate_type)
    return Wrong(stage::kPredicate, "signature: of bytes, and the policy asks for a statement");
  return facts;
}

Result<Facts> CheckLegacyKeyless(const Artifact& artifact, const LegacyBundle& bundle,
                                 const Requirements& requirements) {
  if (!requirements.allow_legacy)
    return Wrong(stage::kPolicy, "legacy keyless signatures are not allowed by the policy");
  if (!bundle.cert || bundle.cert->label != kCertificateLabel)
    return Wrong(stage::kParse, "legacy bundle: it has no certificate");
  if (!bundle.rekor_bundle) return Wrong(stage::kLog, "legacy bundle: it has no log entry");
  return CheckPromisedSignature(artifact, bundle.signature, bundle.cert->der, *bundle.rekor_bundle,
                                requirements);
}

}  // namespace powernode::verify::sigstore

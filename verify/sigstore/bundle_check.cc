#include "verify/sigstore/bundle_check.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "agent/base/printable.h"
#include "verify/quoted.h"
#include "verify/sigstore/bundle.h"
#include "verify/sigstore/dsse.h"
#include "verify/sigstore/evidence.h"
#include "verify/sigstore/hash_name.h"
#include "verify/sigstore/leaf_trust.h"
#include "verify/sigstore/policy_key.h"
#include "verify/sigstore/refusal.h"
#include "verify/sigstore/signed_content.h"
#include "verify/sigstore/statement.h"

namespace powernode::verify::sigstore {
namespace {

// Step 4: the material is of the kind that the policy speaks of.
Status CheckFit(const Bundle& bundle, const Requirements& requirements) {
  if (requirements.mode == TrustMode::kKey && !bundle.key_hint)
    return Wrong(stage::kPolicy, "bundle: it has a certificate, and the policy trusts keys");
  if (requirements.mode == TrustMode::kKeyless && !bundle.leaf)
    return Wrong(stage::kPolicy, "bundle: it names a key, and the policy trusts identities");
  const auto* envelope = std::get_if<Envelope>(&bundle.content);
  if (envelope && !envelope->key_id.empty() && bundle.key_hint && !bundle.key_hint->empty() &&
      envelope->key_id != *bundle.key_hint)
    return Wrong(stage::kPolicy, "bundle: its two names of the key differ");
  return Ok();
}

// The keys that may have made the signature. A hint only says which to try first.
Result<std::vector<x509::PublicKey>> Candidates(const Bundle& bundle,
                                                const std::optional<x509::Certificate>& leaf,
                                                const Requirements& requirements) {
  if (leaf) {
    if (!leaf->public_key())
      return At(stage::kSignature, leaf->public_key().error(), "certificate");
    return std::vector{*leaf->public_key()};
  }
  std::vector<x509::PublicKey> keys = requirements.keys;
  std::stable_partition(keys.begin(), keys.end(), [&](const x509::PublicKey& key) {
    return KeyHint(key) == *bundle.key_hint;
  });
  return keys;
}

// Step 8: for people and indexes only, but it must not say another thing than is signed.
Status CheckMessageDigest(const MessageSignature& message, const Signer& signer,
                          const Artifact& artifact) {
  const std::optional<x509::HashAlgorithm> named = HashByProtoName(message.digest_algorithm);
  if (!named || (signer.hash && *named != *signer.hash))
    return Wrong(stage::kDigest, "bundle: messageDigest is not by the signature's hash");
  const std::optional<std::string> digest = artifact.Digest(*named);
  if (!digest || *digest != message.digest)
    return Wrong(stage::kDigest, "bundle: messageDigest is not the artifact's");
  return Ok();
}

// Step 15, over exactly the bytes that were under the signature.
Status CheckStatement(std::string_view payload, const Artifact& artifact,
                      const Requirements& requirements, Facts& facts) {
  ASSIGN_OR_RETURN(Statement statement, ParseStatement(payload));
  RETURN_IF_ERROR(CheckSubject(statement, artifact));
  if (requirements.predicate_type && statement.predicate_type != *requirements.predicate_type)
    return Wrong(stage::kPredicate,
                 "statement: predicate type \"" +
                     Printable(statement.predicate_type.substr(0, kQuotedAtMost)) +
                     "\" is not the one that the policy asks for");
  facts.statement = std::move(statement);
  return Ok();
}

}  // namespace

Result<Facts> CheckBundle(const Artifact& artifact, std::string_view text,
                          const Requirements& requirements) {
  ASSIGN_OR_RETURN(const Bundle bundle, ParseBundle(text));
  RETURN_IF_ERROR(CheckFit(bundle, requirements));
  std::optional<x509::Certificate> leaf;
  if (bundle.leaf) {
    ASSIGN_OR_RETURN(leaf, ReadLeaf(*bundle.leaf));
  }

  const auto* message = std::get_if<MessageSignature>(&bundle.content);
  const auto* envelope = std::get_if<Envelope>(&bundle.content);
  if (envelope && envelope->payload_type != kStatementPayloadType)
    return Wrong(stage::kStatement, "envelope: its payload is not an in-toto statement");
  const std::string encoding =
      envelope ? PreAuthenticationEncoding(envelope->payload_type, envelope->payload) : "";

  ASSIGN_OR_RETURN(const std::vector<x509::PublicKey> keys, Candidates(bundle, leaf, requirements));
  const Artifact enveloped(encoding);
  ASSIGN_OR_RETURN(const Signer signer,
                   FindSigner(keys, envelope ? enveloped : artifact, bundle.signature()));
  if (message) RETURN_IF_ERROR(CheckMessageDigest(*message, signer, artifact));

  SignedContent content{
      .artifact = artifact, .signature = bundle.signature(), .key = signer.key, .leaf = leaf};
  if (envelope)
    content.envelope = SignedContent::Enveloped{.payload = envelope->payload, .encoding = encoding};

  Facts facts;
  RETURN_IF_ERROR(CheckEntries(bundle.entries, content, requirements, facts));
  RETURN_IF_ERROR(CheckTimestamps(bundle.timestamps, bundle.signature(), requirements, facts));
  if (leaf) {
    RETURN_IF_ERROR(CheckLeafTrust(*leaf, requirements, facts));
  } else {
    facts.key = SigningKey{.id = KeyId(signer.key)};
  }
  if (envelope) {
    RETURN_IF_ERROR(CheckStatement(envelope->payload, artifact, requirements, facts));
  } else if (requirements.predicate_type) {
    return Wrong(stage::kPredicate, "bundle: it signs bytes, and the policy asks for a statement");
  }
  return facts;
}

}  // namespace powernode::verify::sigstore

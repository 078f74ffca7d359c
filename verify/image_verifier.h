// The one verifier: is this file the blob the platform named, and does the owner's policy accept
// it? Opens nothing and asks nobody but the kernel about the file at hand. Immutable after
// construction, so threads may share it.
//
// Errors keep "checked, and it is wrong" apart from "could not be checked":
//   kRefuted     digest_mismatch, size_mismatch, fsverity_mismatch, digest_revoked,
//                signature_invalid, statement_invalid, statement_missing, statement_mismatch,
//                wrong_architecture, revision_too_old, no_policy_rule
//   kCannotTell  bad_policy, no_trust_keys, signature_missing, key_unknown (the signature names a
//                key we do not have), signature_uncheckable, verity_required
// In audit mode only the first three refuse; the others become VerificationReport::violation.
//
// An ECDSA signature does not name its key: one by an unknown key and one over other bytes look the
// same, and both are signature_invalid unless the material carries a key id.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "agent/base/result.h"
#include "verify/policy.h"
#include "verify/sigstore/artifact.h"
#include "verify/verified_image.h"

namespace powernode::verify {

// What the platform says about a blob; hostile until proven.
struct ImageClaim {
  std::string module_id;
  std::string name;
  BlobDigest digest;
  std::optional<std::uint64_t> size;     // bytes
  std::optional<ImageVerity> fsverity;   // of the image
  std::optional<std::string> signature;  // any form of ReadSignatureMaterial
  // It has run healthily on this node: a policy that has since become stricter about statements,
  // revisions and fs-verity is reported, so that it never takes the last good set away. Signature
  // and bytes must hold all the same.
  bool confirmed = false;
};

class ImageVerifier {
 public:
  explicit ImageVerifier(Policy policy) : policy_(std::move(policy)) {}

  // Would a blob with the claimed digest be accepted? The signature covers the digest, so an image
  // that nobody signed is refused before one byte of it is fetched. What only the bytes can tell is
  // left to Verify.
  Status CheckClaim(const ImageClaim& claim) const;

  // True when the policy accepts the claimed digest's signature, whatever the mode.
  bool Holds(const ImageClaim& claim) const;

  Result<VerifiedImage> Verify(DigestedFile file, const ImageClaim& claim) const;

  TrustMode mode() const { return policy_.mode; }
  VerityMode verity() const { return policy_.verity; }
  const Policy& policy() const { return policy_; }

 private:
  // Whose signature holds over what, in `report`; `file` is nullptr before the bytes are here.
  Status Judge(const ImageClaim& claim, const DigestedFile* file, VerificationReport& report) const;
  Status JudgeSignature(const ImageClaim& claim, const DigestedFile* file, const PolicyRule& rule,
                        VerificationReport& report) const;
  Status JudgeStatement(const ImageClaim& claim, const DigestedFile* file, const PolicyRule& rule,
                        VerificationReport& report) const;
  Status JudgeVerity(const DigestedFile& file, VerificationReport& report) const;

  // Reported instead of refused?
  bool IsTolerated(const Error& error, const ImageClaim& claim) const;

  Policy policy_;
};

}  // namespace powernode::verify

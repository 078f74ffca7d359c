// The one verifier: is this file the blob the platform named, and did somebody we trust sign it?
// Pure: it opens nothing and asks nobody. Immutable after construction, so threads may share it.
//
// Errors keep "checked, and it is wrong" apart from "could not be checked":
//   kRefuted     digest_mismatch, size_mismatch, signature_invalid
//   kCannotTell  signature_missing, key_unknown (the signature names a key we do not have),
//   no_trust_keys
// In audit mode only the first two refuse; the others become VerificationReport::violation.
//
// An ECDSA signature does not name its key: one by an unknown key and one over other bytes look the
// same, and both are signature_invalid unless the material carries a key id.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "agent/base/result.h"
#include "verify/trust_store.h"
#include "verify/verified_image.h"

namespace powernode::verify {

// What the platform says about a blob; hostile until proven.
struct ImageClaim {
  std::string module_id;
  std::string name;
  BlobDigest digest;
  std::optional<std::uint64_t> size;     // bytes
  std::optional<std::string> signature;  // any form of ParseBlobSignature
};

class ImageVerifier {
 public:
  ImageVerifier(TrustStore trust, TrustMode mode) : trust_(std::move(trust)), mode_(mode) {}

  // Would a blob with the claimed digest be accepted? The signature covers the digest, so an image
  // that nobody signed is refused before one byte of it is fetched.
  Status CheckClaim(const ImageClaim& claim) const;

  // True when a trusted key's signature of the claimed digest holds, whatever the mode.
  bool Holds(const ImageClaim& claim) const { return FindSigner(claim).ok(); }

  Result<VerifiedImage> Verify(DigestedFile file, const ImageClaim& claim) const;

  TrustMode mode() const { return mode_; }
  const TrustStore& trust() const { return trust_; }

 private:
  // The report for a blob that has the claimed digest; enforce: an error unless the signature
  // holds.
  Result<VerificationReport> JudgeSignature(const ImageClaim& claim) const;
  // The id of the key whose signature of the claimed digest holds.
  Result<std::string> FindSigner(const ImageClaim& claim) const;

  TrustStore trust_;
  TrustMode mode_;
};

}  // namespace powernode::verify

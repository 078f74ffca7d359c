#include "verify/image_verifier.h"

#include <string_view>
#include <utility>

#include "verify/blob_signature.h"

namespace powernode::verify {
namespace {

constexpr std::size_t kKeyIdDigits = 12;

std::string KeyList(const TrustStore& trust) {
  std::string list;
  for (const TrustedKey& key : trust.keys())
    list += (list.empty() ? "" : ", ") + key.id.substr(0, kKeyIdDigits) + " (" + key.origin + ")";
  return list;
}

// Where the owner puts a key, in the words of the places this node searches.
std::string WhereAKeyGoes(const TrustStore& trust) {
  std::string places;
  for (const std::string& place : trust.places()) places += (places.empty() ? "" : " or ") + place;
  if (places.empty()) places = "/etc/powernode/trust/*.pem of the initramfs";
  return "put the signer's public key (PEM, EC P-256) into " + places;
}

constexpr std::string_view kAuditHint =
    ", or boot with powernode.verify=audit to have this reported instead of refused";

std::string Subject(const ImageClaim& claim) {
  return "verify module " + (claim.name.empty() ? claim.module_id : claim.name);
}

}  // namespace

Result<std::string> ImageVerifier::FindSigner(const ImageClaim& claim) const {
  if (trust_.empty())
    return Error(
        ErrorKind::kCannotTell, "no_trust_keys",
        "this node has no trusted key; " + WhereAKeyGoes(trust_) + std::string(kAuditHint));
  if (!claim.signature)
    return Error(ErrorKind::kCannotTell, "signature_missing",
                 "the platform has no signature for " + claim.digest.ToString() +
                     "; sign the image (cosign sign-blob --key) and publish the signature" +
                     std::string(kAuditHint));
  ASSIGN_OR_RETURN(const BlobSignature signature, ParseBlobSignature(*claim.signature));
  if (signature.keyid && trust_.Find(*signature.keyid) == nullptr)
    return Error(ErrorKind::kCannotTell, "key_unknown",
                 "signed with key " + signature.keyid->substr(0, 64) +
                     ", which this node does not trust (it trusts " + KeyList(trust_) + "); " +
                     WhereAKeyGoes(trust_));

  bool malformed = false;
  for (const TrustedKey& key : trust_.keys()) {
    if (signature.keyid && key.id != *signature.keyid) continue;
    switch (CheckSignature(key, claim.digest, signature.der)) {
      case SignatureVerdict::kHolds:
        return key.id;
      case SignatureVerdict::kDoesNotHold:
        break;
      case SignatureVerdict::kMalformed:
        malformed = true;
        break;
    }
  }
  if (malformed)
    return Error(ErrorKind::kRefuted, "signature_invalid",
                 "the signature is malformed: not a DER ECDSA signature");
  return Error(
      ErrorKind::kRefuted, "signature_invalid",
      "the signature of " + claim.digest.ToString() + " holds under no trusted key (" +
          KeyList(trust_) +
          "): it belongs to other bytes, or to a key this node does not trust; in that case " +
          WhereAKeyGoes(trust_));
}

Result<VerificationReport> ImageVerifier::JudgeSignature(const ImageClaim& claim) const {
  VerificationReport report;
  report.mode = mode_;
  Result<std::string> signer = FindSigner(claim);
  if (signer) {
    report.key_id = std::move(signer).value();
    report.proven.emplace_back("signature");
    report.not_proven.emplace_back(
        "the signature covers the bytes only: the module's name and version are the platform's "
        "word");
    return report;
  }
  if (mode_ == TrustMode::kEnforce) return std::move(signer).error();
  report.violation = signer.error().code();
  report.not_proven.push_back(signer.error().message());
  return report;
}

Status ImageVerifier::CheckClaim(const ImageClaim& claim) const {
  RETURN_IF_ERROR_CONTEXT(JudgeSignature(claim), Subject(claim));
  return Ok();
}

Result<VerifiedImage> ImageVerifier::Verify(DigestedFile file, const ImageClaim& claim) const {
  if (claim.size && *claim.size != file.size())
    return Error(ErrorKind::kRefuted, "size_mismatch",
                 Subject(claim) + ": the image has " + std::to_string(file.size()) +
                     " bytes, the platform says " + std::to_string(*claim.size));
  if (file.digest() != claim.digest)
    return Error(ErrorKind::kRefuted, "digest_mismatch",
                 Subject(claim) + ": the image is " + file.digest().ToString() +
                     ", the platform says " + claim.digest.ToString());
  ASSIGN_OR_RETURN_CONTEXT(VerificationReport report, JudgeSignature(claim), Subject(claim));
  report.proven.insert(report.proven.begin(), "sha256");
  if (claim.size) report.proven.insert(report.proven.begin() + 1, "size");
  return VerifiedImage(std::move(file), std::move(report));
}

}  // namespace powernode::verify

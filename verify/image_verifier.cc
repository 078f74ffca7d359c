#include "verify/image_verifier.h"

#include <algorithm>
#include <string_view>
#include <vector>

#include "agent/base/printable.h"
#include "verify/blob_artifact.h"
#include "verify/file_signature.h"
#include "verify/kernel_fsverity.h"
#include "verify/module_statement.h"
#include "verify/signature_material.h"
#include "verify/sigstore/policy_key.h"
#include "verify/sigstore/refusal.h"
#include "verify/sigstore/verifier.h"

namespace powernode::verify {
namespace {

constexpr std::size_t kKeyIdDigits = 12;

constexpr std::string_view kAuditHint =
    ", or boot with powernode.verify=audit to have this reported instead of refused";

Error Refuted(std::string_view code, std::string message) {
  return Error(ErrorKind::kRefuted, std::string(code), std::move(message));
}

Error CannotTell(std::string_view code, std::string message) {
  return Error(ErrorKind::kCannotTell, std::string(code), std::move(message));
}

std::string KeyList(const Policy& policy) {
  std::string list;
  for (const TrustedKey& key : policy.trust.keys())
    list += (list.empty() ? "" : ", ") + key.id.substr(0, kKeyIdDigits) + " (" + key.origin + ")";
  return list.empty() ? "no key" : list;
}

// Where the owner puts a key, in the words of the places this node searches.
std::string WhereAKeyGoes(const TrustStore& trust) {
  std::string places;
  for (const std::string& place : trust.places()) places += (places.empty() ? "" : " or ") + place;
  if (places.empty()) places = "/etc/powernode/trust/*.pem of the initramfs";
  return "put the signer's public key (PEM) into " + places;
}

std::string Subject(const ImageClaim& claim) {
  return "verify module " + (claim.name.empty() ? claim.module_id : claim.name);
}

// A refusal by a rule with keys, told in the words of the node's trust directory.
Error SignatureRefused(const sigstore::Report& report, const Policy& policy, const PolicyRule& rule,
                       const ImageClaim& claim) {
  if (report.verdict == sigstore::Verdict::kCouldNotCheck)
    return CannotTell("signature_uncheckable", "the signature of " + claim.digest.ToString() +
                                                   " could not be checked (" + report.stage +
                                                   "): " + report.message);
  if (rule.requirements.mode != sigstore::TrustMode::kKey ||
      report.stage != sigstore::stage::kSignature)
    return Refuted("signature_invalid", "the signature of " + claim.digest.ToString() +
                                            " does not hold (" + report.stage +
                                            "): " + report.message);
  return Refuted(
      "signature_invalid",
      "the signature of " + claim.digest.ToString() + " holds under no trusted key (" +
          KeyList(policy) +
          "): it belongs to other bytes, or to a key this node does not trust; in that case " +
          WhereAKeyGoes(policy.trust));
}

Error NoRule(const Policy& policy, const ImageClaim& claim) {
  if (policy.rules.empty())
    return CannotTell("no_trust_keys", "this node has no trusted key; " +
                                           WhereAKeyGoes(policy.trust) + std::string(kAuditHint));
  return Refuted("no_policy_rule", "no rule of the policy (" + policy.origin + ") is for module " +
                                       Printable(claim.name) + std::string(kAuditHint));
}

bool SignsNoSha256(const x509::PublicKey& key) {
  return key.hashes().empty() || key.hashes().front() != x509::HashAlgorithm::kSha256;
}

// The rule's keys without the revoked ones, and only the named one where the platform names one.
void Narrow(sigstore::Requirements& requirements, const Policy& policy,
            const std::optional<std::string>& keyid) {
  std::erase_if(requirements.keys, [&](const x509::PublicKey& key) {
    const std::string id = sigstore::KeyId(key);
    return policy.revoked_keys.contains(id) || (keyid && id != *keyid);
  });
}

}  // namespace

Status ImageVerifier::JudgeSignature(const ImageClaim& claim, const DigestedFile* file,
                                     const PolicyRule& rule, VerificationReport& report) const {
  if (!claim.signature)
    return CannotTell("signature_missing",
                      "the platform has no signature for " + claim.digest.ToString() +
                          "; sign the image (cosign attest-blob or sign-blob) and publish the "
                          "signature" +
                          std::string(kAuditHint));
  ASSIGN_OR_RETURN(const SignatureMaterial material, ReadSignatureMaterial(*claim.signature));
  sigstore::Requirements requirements = rule.requirements;
  const bool by_key = requirements.mode == sigstore::TrustMode::kKey;
  Narrow(requirements, policy_, material.keyid);
  if (by_key && requirements.keys.empty() && material.keyid)
    return CannotTell("key_unknown",
                      "signed with key " + Printable(material.keyid->substr(0, 64)) +
                          ", which this node does not trust for this module (it trusts " +
                          KeyList(policy_) + "); " + WhereAKeyGoes(policy_.trust));

  sigstore::Report verdict =
      file != nullptr
          ? CheckFileSignature(*file, material.kind, material.text, requirements)
          : sigstore::Verify(ArtifactOf(claim.digest), material.kind, material.text, requirements);
  if (file == nullptr && IsAboutTheSignedBytes(verdict) &&
      (!by_key || std::any_of(requirements.keys.begin(), requirements.keys.end(), SignsNoSha256)))
    return Ok();  // the bytes will tell
  if (verdict.verdict != sigstore::Verdict::kOk)
    return SignatureRefused(verdict, policy_, rule, claim);
  if (policy_.also && verdict.facts->identity &&
      !policy_.also->Accepts(verdict.facts->identity->san, verdict.facts->identity->issuer))
    return Refuted("signature_invalid", "the platform's trust policy does not accept " +
                                            Printable(verdict.facts->identity->san) +
                                            " as a signer");
  report.facts = std::move(verdict.facts);
  report.proven.emplace_back("signature");
  return JudgeStatement(claim, file, rule, report);
}

Status ImageVerifier::JudgeStatement(const ImageClaim& claim, const DigestedFile* file,
                                     const PolicyRule& rule, VerificationReport& report) const {
  const std::optional<sigstore::Statement>& signed_statement = report.facts->statement;
  if (!signed_statement) {
    if (rule.binding == Binding::kStatement)
      return Refuted("statement_missing",
                     "the signature holds for the bytes and does not say which module they are: "
                     "sign a module statement (" +
                         std::string(kModulePredicateType) +
                         "), or allow \"binding\": \"blob-only\" for this module in "
                         "/etc/powernode/policy.json of the initramfs");
    report.not_proven.emplace_back(
        "the signature covers the bytes only: the module's name, version and revision are the "
        "platform's word");
    return Ok();
  }
  ASSIGN_OR_RETURN(const ModuleStatement statement, ReadModuleStatement(*signed_statement));
  const auto differs = [](std::string_view what, const std::string& is, const std::string& says) {
    return Refuted("statement_mismatch", "its owner signed it as " + std::string(what) + " " +
                                             Printable(is) + ", the platform says " +
                                             Printable(says));
  };
  if (statement.module_id != claim.module_id)
    return differs("module id", statement.module_id, claim.module_id);
  if (statement.name != claim.name) return differs("module", statement.name, claim.name);
  if (statement.blob != claim.digest)
    return differs("blob", statement.blob.ToString(), claim.digest.ToString());
  if (claim.fsverity && statement.image != *claim.fsverity)
    return differs("fs-verity digest", statement.image.Hex(), claim.fsverity->Hex());
  if (file != nullptr && statement.image != ImageVerity(file->fsverity()))
    return Refuted("fsverity_mismatch", "the image's fs-verity digest is " +
                                            file->fsverity().Hex() + ", its owner signed " +
                                            statement.image.Hex());
  if (statement.architecture != "all" && statement.architecture != NodeArchitecture())
    return Refuted("wrong_architecture", "its owner signed it for " + statement.architecture +
                                             ", this node is " + std::string(NodeArchitecture()));
  if (const std::uint64_t floor = policy_.FloorOf(statement.module_id); statement.revision < floor)
    return Refuted("revision_too_old",
                   "its owner signed it as revision " + std::to_string(statement.revision) +
                       ", this node takes nothing older than " + std::to_string(floor) +
                       " any more: to go back, sign the old image with a higher revision");
  report.statement = statement;
  report.proven.emplace_back("module");
  return Ok();
}

Status ImageVerifier::Judge(const ImageClaim& claim, const DigestedFile* file,
                            VerificationReport& report) const {
  report.mode = policy_.mode;
  if (policy_.broken) return CannotTell(policy_.broken->code(), policy_.broken->message());
  if (policy_.revoked_digests.contains(claim.digest))
    return Refuted("digest_revoked", claim.digest.ToString() + " is revoked by the trust policy");
  const PolicyRule* rule = policy_.RuleFor(claim.name);
  if (rule == nullptr) return NoRule(policy_, claim);
  report.rule = rule->name;
  return JudgeSignature(claim, file, *rule, report);
}

Status ImageVerifier::JudgeVerity(const DigestedFile& file, VerificationReport& report) const {
  if (policy_.verity == VerityMode::kOff) return Ok();
  const Status held = RequireVerity(file.fd(), file.fsverity());
  if (held) {
    report.kernel_verity = true;
    report.proven.emplace_back("fsverity");
    return Ok();
  }
  if (held.error().kind() == ErrorKind::kRefuted) return held;
  report.not_proven.push_back("the kernel does not hold later reads to the digest: " +
                              held.error().message());
  if (policy_.verity == VerityMode::kRequire)
    return CannotTell("verity_required",
                      "the policy wants the kernel to hold every read to the image's digest: " +
                          held.error().message());
  return Ok();
}

bool ImageVerifier::IsTolerated(const Error& error, const ImageClaim& claim) const {
  if (error.code() == "fsverity_mismatch") return false;  // wrong bytes
  if (policy_.mode == TrustMode::kAudit) return true;
  return claim.confirmed &&
         (error.code() == "statement_missing" || error.code() == "revision_too_old" ||
          error.code() == "verity_required");
}

Status ImageVerifier::CheckClaim(const ImageClaim& claim) const {
  VerificationReport report;
  const Status judged = Judge(claim, nullptr, report);
  if (!judged && !IsTolerated(judged.error(), claim))
    return Status(judged.error().WithContext(Subject(claim)));
  return Ok();
}

bool ImageVerifier::Holds(const ImageClaim& claim) const {
  VerificationReport report;
  return Judge(claim, nullptr, report).ok() && report.facts;
}

Result<VerifiedImage> ImageVerifier::Verify(DigestedFile file, const ImageClaim& claim) const {
  if (claim.size && *claim.size != file.size())
    return Refuted("size_mismatch", Subject(claim) + ": the image has " +
                                        std::to_string(file.size()) + " bytes, the platform says " +
                                        std::to_string(*claim.size));
  if (file.digest() != claim.digest)
    return Refuted("digest_mismatch", Subject(claim) + ": the image is " +
                                          file.digest().ToString() + ", the platform says " +
                                          claim.digest.ToString());
  if (claim.fsverity && *claim.fsverity != ImageVerity(file.fsverity()))
    return Refuted("fsverity_mismatch", Subject(claim) + ": the image's fs-verity digest is " +
                                            file.fsverity().Hex() + ", the platform says " +
                                            claim.fsverity->Hex());
  VerificationReport report;
  report.proven.emplace_back("sha256");
  if (claim.size) report.proven.emplace_back("size");
  report.fsverity = file.fsverity().ToString();
  Status judged = Judge(claim, &file, report);
  if (judged) judged = JudgeVerity(file, report);
  if (!judged) {
    if (!IsTolerated(judged.error(), claim)) return judged.error().WithContext(Subject(claim));
    report.violation = judged.error().code();
    report.not_proven.push_back(judged.error().message());
  }
  return VerifiedImage(std::move(file), std::move(report));
}

}  // namespace powernode::verify

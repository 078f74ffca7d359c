#include "tests/platform/claim_proof.h"

#include "agent/base/encoding.h"
#include "tests/platform/digest.h"
#include "tests/platform/keys.h"

namespace powernode::platform {
namespace {

std::string Member(const json& object, const char* name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

CertificateRow* FindByFingerprint(Node& node, const std::string& fingerprint) {
  for (CertificateRow& row : node.certificates) {
    if (SameSecret(row.fingerprint, fingerprint)) return &row;
  }
  return nullptr;
}

}  // namespace

ProvenClaim CheckClaimProof(Call& call) {
  const auto proof = call.body.find("proof");
  if (proof == call.body.end()) return {};
  const std::string instance_id = call.Text("instance_id");
  const std::string device_key = call.Text("device_key_sha256");
  if (!proof->is_object() || instance_id.empty() || !IsLowerHex(device_key, 64)) {
    call.Complain("a proof is an object beside instance_id and device_key_sha256");
    return {};
  }
  Node* const node = call.state.FindNode(instance_id);
  if (node == nullptr || node->id != instance_id || node->status == "terminated" ||
      node->status == "error")
    return {};
  const std::string fingerprint = Member(*proof, "certificate_sha256");
  CertificateRow* const row = FindByFingerprint(*node, fingerprint);
  if (row == nullptr || row->revoked ||
      call.now > row->not_after + call.state.settings.claim_proof_grace_seconds)
    return {};
  const Result<Certificate> certificate = CertificateFromPem(row->pem);
  const std::optional<std::string> signature = Base64Decode(Member(*proof, "signature"));
  if (!certificate || !signature) return {};
  const std::string text =
      "powernode-claim-proof-v1\n" + instance_id + "\n" + device_key + "\n" + fingerprint + "\n";
  if (!SignatureFits(::X509_get0_pubkey(certificate->get()), text, *signature)) return {};
  return {.node = node, .certificate = row};
}

}  // namespace powernode::platform

#include "tests/platform/issuance.h"

#include "agent/base/random.h"
#include "tests/platform/digest.h"
#include "tests/platform/keys.h"

namespace powernode::platform {

std::variant<Applicant, Answer> ReadApplicant(Call& call) {
  const std::string pem = call.Text("csr_pem");
  if (pem.empty()) return Failure(400, "csr_pem is required", "PARAMETER_MISSING");
  Result<SigningRequest> request = RequestFromPem(pem);
  if (!request) return Unprocessable("CSR refused: " + request.error().message());
  if (const std::string deviation = RequestDeviation(request->get()); !deviation.empty())
    call.Complain("certificate request: " + deviation);
  Result<std::string> key_sha256 = PublicKeySha256(::X509_REQ_get0_pubkey(request->get()));
  if (!key_sha256) return Unprocessable("CSR refused: " + key_sha256.error().message());
  return Applicant{std::move(*request), std::move(*key_sha256)};
}

TokenOwner FindToken(State& state, const std::string& token) {
  const std::string digest = Sha256Hex(token);
  for (Node& node : state.nodes) {
    for (Token& row : node.tokens) {
      if (SameSecret(row.sha256, digest)) return {&node, &row};
    }
  }
  return {};
}

Result<CertificateRow> NewRow(Call& call, const Node& node, const Applicant& applicant) {
  const Seconds lifetime = call.state.settings.leaf_lifetime_seconds;
  ASSIGN_OR_RETURN(const Certificate leaf, call.authorities.leaves().IssueLeaf(
                                               applicant.key(), node.id, call.now, lifetime));
  ASSIGN_OR_RETURN(std::string pem, CertificatePem(leaf.get()));
  return CertificateRow{.id = RandomUuid(),
                        .serial = SerialHex(leaf.get()),
                        .fingerprint = FingerprintHex(leaf.get()),
                        .key_sha256 = applicant.key_sha256,
                        .pem = std::move(pem),
                        .request_id = call.Text("request_id"),
                        .issued_at = call.now,
                        .not_before = NotBefore(leaf.get()),
                        .not_after = NotAfter(leaf.get())};
}

json CertificateMembers(const Call& call, const Node& node, const CertificateRow& row) {
  return {{"cert_pem", row.pem},
          {"ca_chain_pem", call.authorities.leaves().root_pem()},
          {"instance_id", node.id},
          {"mtls_subject", node.id},
          {"not_after", FormatTime(row.not_after)},
          {"certificate_id", row.id}};
}

Answer Unprocessable(std::string_view text, std::string_view code) {
  return Failure(422, text, code);
}

}  // namespace powernode::platform

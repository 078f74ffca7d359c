// POST enroll and enroll/refresh (node-api.md §7): a certificate request becomes a leaf. The token
// is compared and spent under the store's lock, so that two enrolments cannot both have it; the
// same token with the same key gets the same certificate again for a day, because the first answer
// may have been lost.
#include <algorithm>

#include "agent/base/random.h"
#include "tests/platform/digest.h"
#include "tests/platform/keys.h"
#include "tests/platform/routes.h"

namespace powernode::platform {
namespace {

constexpr Seconds kReplayLives = 24 * 3600;

Answer Unprocessable(std::string_view text, std::string_view code = "VALIDATION_ERROR") {
  return Failure(422, text, code);
}

struct Applicant {
  SigningRequest request;
  std::string key_sha256;
  EVP_PKEY* key() const { return ::X509_REQ_get0_pubkey(request.get()); }
};

Result<Applicant> ReadApplicant(Call& call) {
  ASSIGN_OR_RETURN(SigningRequest request, RequestFromPem(call.Text("csr_pem")));
  if (const std::string deviation = RequestDeviation(request.get()); !deviation.empty())
    call.Complain("certificate request: " + deviation);
  ASSIGN_OR_RETURN(std::string key_sha256, PublicKeySha256(::X509_REQ_get0_pubkey(request.get())));
  return Applicant{std::move(request), std::move(key_sha256)};
}

// Checked before the token is looked at, so that a node that cannot use our signature keeps its
// token.
bool AcceptsOurSignature(const Call& call) {
  const auto accepted = call.body.find("accepted_signature_algorithms");
  if (accepted == call.body.end() || !accepted->is_array()) return true;
  return std::find(accepted->begin(), accepted->end(), call.authority.signature_algorithm()) !=
         accepted->end();
}

Result<CertificateRow> NewRow(Call& call, const Node& node, const Applicant& applicant) {
  const Seconds lifetime = call.state.settings.leaf_lifetime_seconds;
  ASSIGN_OR_RETURN(const Certificate leaf,
                   call.authority.IssueLeaf(applicant.key(), node.id, call.now, lifetime));
  ASSIGN_OR_RETURN(std::string pem, CertificatePem(leaf.get()));
  return CertificateRow{.id = RandomUuid(),
                        .serial = SerialHex(leaf.get()),
                        .fingerprint = FingerprintHex(leaf.get()),
                        .key_sha256 = applicant.key_sha256,
                        .pem = std::move(pem),
                        .issued_at = call.now,
                        .not_after = NotAfter(leaf.get())};
}

Answer CertificateAnswer(const Call& call, const Node& node, const CertificateRow& row) {
  json data = {{"cert_pem", row.pem},
               {"ca_chain_pem", call.authority.root_pem()},
               {"instance_id", node.id},
               {"mtls_subject", node.id},
               {"not_after", FormatTime(row.not_after)},
               {"certificate_id", row.id}};
  if (const json& policy = call.state.trust_policy.envelope; !policy.is_null())
    data["trust_policy"] = policy;
  return Success(std::move(data));
}

struct TokenOwner {
  Node* node = nullptr;
  Token* token = nullptr;
};

TokenOwner FindToken(State& state, const std::string& token) {
  const std::string digest = Sha256Hex(token);
  for (Node& node : state.nodes) {
    for (Token& row : node.tokens) {
      if (SameSecret(row.sha256, digest)) return {&node, &row};
    }
  }
  return {};
}

CertificateRow* FindRow(Node& node, const std::string& id) {
  const auto found = std::find_if(node.certificates.begin(), node.certificates.end(),
                                  [&](const CertificateRow& row) { return row.id == id; });
  return found == node.certificates.end() ? nullptr : &*found;
}

void CheckEnrolMembers(Call& call) {
  for (const char* member : {"agent_version", "dmi_uuid", "request_id", "persist"}) {
    if (call.body.contains(member) && !call.body[member].is_string())
      call.Complain(std::string(member) + " is not a string");
  }
  const std::string persist = call.Text("persist");
  if (!persist.empty() && persist != "durable" && persist != "volatile")
    call.Complain("persist is neither durable nor volatile");
  if (call.request.Header("X-Bootstrap-Token") != nullptr)
    call.Complain("the token belongs into the body only");
}

}  // namespace

Answer Enroll(Call& call) {
  const std::string token_text = call.Text("bootstrap_token");
  CheckEnrolMembers(call);
  if (token_text.empty()) return Failure(401, "Bootstrap token required", "UNAUTHORIZED");
  if (call.Text("csr_pem").empty()) return Failure(400, "csr_pem is required", "PARAMETER_MISSING");
  Result<Applicant> applicant = ReadApplicant(call);
  if (!applicant) return Unprocessable("CSR refused: " + applicant.error().message());
  if (!AcceptsOurSignature(call))
    return Unprocessable(
        "The CA signs with " + call.authority.signature_algorithm() + ", which the node lists not",
        "CA_ALGORITHM_UNSUPPORTED");

  const auto [node, token] = FindToken(call.state, token_text);
  if (token == nullptr) return Unprocessable("Bootstrap token is not valid");
  if (token->used_at != 0) {
    CertificateRow* const row = FindRow(*node, token->certificate_id);
    if (row != nullptr && !row->revoked && token->key_sha256 == applicant->key_sha256 &&
        call.now <= token->used_at + kReplayLives)
      return CertificateAnswer(call, *node, *row);
    return Unprocessable("Bootstrap token is not valid");
  }
  if (token->expires_at <= call.now) return Unprocessable("Bootstrap token is not valid");
  if (!token->device_key_sha256.empty() && token->device_key_sha256 != applicant->key_sha256)
    return Unprocessable("Bootstrap token belongs to another device key");
  if (node->status == "terminated" || node->status == "error")
    return Unprocessable("Instance is not active");

  Result<CertificateRow> row = NewRow(call, *node, *applicant);
  if (!row) return Unprocessable("CA failure: " + row.error().message());
  token->used_at = call.now;
  token->key_sha256 = applicant->key_sha256;
  token->certificate_id = row->id;
  if (node->status == "pending") node->status = "provisioning";
  node->certificates.push_back(std::move(*row));
  call.changed = true;
  return CertificateAnswer(call, *node, node->certificates.back());
}

Answer RefreshEnrolment(Call& call) {
  CheckEnrolMembers(call);
  if (call.body.contains("bootstrap_token"))
    call.Complain("a bootstrap token is not accepted here");
  if (call.Text("csr_pem").empty()) return Failure(400, "csr_pem is required", "PARAMETER_MISSING");
  Result<Applicant> applicant = ReadApplicant(call);
  if (!applicant) return Unprocessable("CSR refused: " + applicant.error().message());
  for (const CertificateRow& row : call.node->certificates) {
    const bool fresh =
        call.now < row.issued_at + std::min(kReplayLives, (row.not_after - row.issued_at) / 2);
    if (&row != call.certificate && !row.revoked && fresh &&
        row.key_sha256 == applicant->key_sha256)
      return CertificateAnswer(call, *call.node, row);
  }
  Result<CertificateRow> row = NewRow(call, *call.node, *applicant);
  if (!row) return Unprocessable("CA failure: " + row.error().message());
  call.certificate->replaced_at = call.now;
  call.certificate->replaced_by = row->id;
  call.node->certificates.push_back(std::move(*row));
  call.certificate = nullptr;  // the vector may have moved
  call.changed = true;
  return CertificateAnswer(call, *call.node, call.node->certificates.back());
}

}  // namespace powernode::platform

// POST enroll and enroll/refresh (node-api.md §7): a certificate request becomes a leaf. The token
// is compared and spent under the store's lock, so that two enrolments cannot both have it; the
// same token with the same key gets the same certificate again for a day, because the first answer
// may have been lost. A refresh is repeated likewise, by its key, and by its request id for as long
// as the certificate it made is good.
#include <algorithm>

#include "tests/platform/issuance.h"
#include "tests/platform/routes.h"

namespace powernode::platform {
namespace {

constexpr Seconds kReplayLives = 24 * 3600;

// Checked before the token is looked at, so that a node that cannot use our signature keeps its
// token.
bool AcceptsOurSignature(const Call& call) {
  const auto accepted = call.body.find("accepted_signature_algorithms");
  if (accepted == call.body.end() || !accepted->is_array()) return true;
  return std::find(accepted->begin(), accepted->end(),
                   call.authorities.leaves().signature_algorithm()) != accepted->end();
}

Answer CertificateAnswer(const Call& call, const Node& node, const CertificateRow& row) {
  json data = CertificateMembers(call, node, row);
  if (const std::string& roots = call.authorities.announced_roots(); !roots.empty())
    data["platform_ca_pem"] = roots;
  if (const json& policy = call.state.trust_policy.envelope; !policy.is_null())
    data["trust_policy"] = policy;
  return Success(std::move(data));
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

// Spends the token, or gives it another certificate when the first did not outlive the replay.
Answer IssueFor(Call& call, Node& node, Token& token, const Applicant& applicant) {
  Result<CertificateRow> row = NewRow(call, node, applicant);
  if (!row) return Unprocessable("CA failure: " + row.error().message());
  if (CertificateRow* const before = FindRow(node, token.replaces); before != nullptr) {
    before->replaced_at = call.now;
    before->replaced_by = row->id;
  }
  if (token.used_at == 0) token.used_at = call.now;
  token.key_sha256 = applicant.key_sha256;
  token.certificate_id = row->id;
  if (node.status == "pending") node.status = "provisioning";
  node.certificates.push_back(std::move(*row));
  call.changed = true;
  return CertificateAnswer(call, node, node.certificates.back());
}

Answer Replay(Call& call, Node& node, Token& token, const Applicant& applicant) {
  const CertificateRow* const row = FindRow(node, token.certificate_id);
  if (row == nullptr || row->revoked || token.key_sha256 != applicant.key_sha256 ||
      call.now > token.used_at + kReplayLives)
    return Unprocessable("Bootstrap token is not valid");
  return call.now > row->not_after ? IssueFor(call, node, token, applicant)
                                   : CertificateAnswer(call, node, *row);
}

// The row that an earlier refresh with this key made, whose answer was lost.
const CertificateRow* FindRefreshed(const Call& call, const Applicant& applicant) {
  const std::string request_id = call.Text("request_id");
  for (const CertificateRow& row : call.node->certificates) {
    if (&row == call.certificate || row.revoked || call.now > row.not_after ||
        row.key_sha256 != applicant.key_sha256)
      continue;
    const bool fresh =
        call.now < row.issued_at + std::min(kReplayLives, (row.not_after - row.issued_at) / 2);
    if (fresh || (!request_id.empty() && row.request_id == request_id)) return &row;
  }
  return nullptr;
}

}  // namespace

Answer Enroll(Call& call) {
  const std::string token_text = call.Text("bootstrap_token");
  CheckEnrolMembers(call);
  if (token_text.empty()) return Failure(401, "Bootstrap token required", "UNAUTHORIZED");
  std::variant<Applicant, Answer> read = ReadApplicant(call);
  if (Answer* const refusal = std::get_if<Answer>(&read)) return std::move(*refusal);
  const Applicant& applicant = std::get<Applicant>(read);
  if (!AcceptsOurSignature(call))
    return Unprocessable("The CA signs with " + call.authorities.leaves().signature_algorithm() +
                             ", which the node lists not",
                         "CA_ALGORITHM_UNSUPPORTED");

  const auto [node, token] = FindToken(call.state, token_text);
  if (token == nullptr) return Unprocessable("Bootstrap token is not valid");
  if (token->used_at != 0) return Replay(call, *node, *token, applicant);
  if (token->expires_at <= call.now) return Unprocessable("Bootstrap token is not valid");
  if (!token->device_key_sha256.empty() && token->device_key_sha256 != applicant.key_sha256)
    return Unprocessable("Bootstrap token belongs to another device key");
  if (node->status == "terminated" || node->status == "error")
    return Unprocessable("Instance is not active");
  return IssueFor(call, *node, *token, applicant);
}

Answer RefreshEnrolment(Call& call) {
  CheckEnrolMembers(call);
  if (call.body.contains("bootstrap_token"))
    call.Complain("a bootstrap token is not accepted here");
  std::variant<Applicant, Answer> read = ReadApplicant(call);
  if (Answer* const refusal = std::get_if<Answer>(&read)) return std::move(*refusal);
  const Applicant& applicant = std::get<Applicant>(read);
  if (const CertificateRow* const row = FindRefreshed(call, applicant); row != nullptr)
    return CertificateAnswer(call, *call.node, *row);
  Result<CertificateRow> row = NewRow(call, *call.node, applicant);
  if (!row) return Unprocessable("CA failure: " + row.error().message());
  call.certificate->replaced_at = call.now;
  call.certificate->replaced_by = row->id;
  call.node->certificates.push_back(std::move(*row));
  call.certificate = nullptr;  // the vector may have moved
  call.changed = true;
  return CertificateAnswer(call, *call.node, call.node->certificates.back());
}

}  // namespace powernode::platform

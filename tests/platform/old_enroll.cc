// POST enroll and enroll/refresh as older servers answer them (node-api.md §7, §20): the token is
// spent by the first request that has it, whether or not the answer arrives; a refresh always makes
// another certificate and leaves the one before alone. The first generation adds an instance token.
#include "tests/platform/bearer.h"
#include "tests/platform/issuance.h"
#include "tests/platform/routes.h"

namespace powernode::platform {
namespace {

Answer Issue(Call& call, Node& node, const Applicant& applicant) {
  Result<CertificateRow> row = NewRow(call, node, applicant);
  if (!row) return Unprocessable("CA failure: " + row.error().message());
  json data = CertificateMembers(call, node, *row);
  if (call.personality.issues_bearers) data["instance_token"] = IssueBearer(call.state, node.id);
  if (node.status == "pending") node.status = "provisioning";
  node.certificates.push_back(std::move(*row));
  call.certificate = nullptr;  // the vector may have moved
  call.changed = true;
  return Success(std::move(data));
}

}  // namespace

Answer EnrollOnce(Call& call) {
  const std::string token_text = call.Text("bootstrap_token");
  if (token_text.empty()) return Failure(401, "Bootstrap token required", "UNAUTHORIZED");
  std::variant<Applicant, Answer> read = ReadApplicant(call);
  if (Answer* const refusal = std::get_if<Answer>(&read)) return std::move(*refusal);
  const auto [node, token] = FindToken(call.state, token_text);
  if (token == nullptr || token->used_at != 0 || token->expires_at <= call.now)
    return Unprocessable("Bootstrap token is not valid");
  if (node->status == "terminated" || node->status == "error")
    return Unprocessable("Instance is not active");
  token->used_at = call.now;
  return Issue(call, *node, std::get<Applicant>(read));
}

Answer RefreshAnew(Call& call) {
  std::variant<Applicant, Answer> read = ReadApplicant(call);
  if (Answer* const refusal = std::get_if<Answer>(&read)) return std::move(*refusal);
  return Issue(call, *call.node, std::get<Applicant>(read));
}

}  // namespace powernode::platform

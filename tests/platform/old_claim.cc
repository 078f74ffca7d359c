// POST claim as older servers answer it (node-api.md §6, §20): a confirmed device gets a new token
// at every poll, bound to nothing. The first generation sets no pace; the second confirms by itself
// a device that names an instance. Both send a URL that leads nowhere.
#include "tests/platform/claim_rows.h"
#include "tests/platform/digest.h"
#include "tests/platform/routes.h"

namespace powernode::platform {
namespace {

Answer AnswerClaim(Call& call, const std::string& mac) {
  Claim& claim = NoteClaim(call, mac);
  json data = {{"status", "pending"},
               {"poll_after_seconds", call.state.settings.next_poll_seconds},
               {"platform_url", "http://localhost:3000"},
               {"ca_pem_url", "http://localhost:3000/ca.pem"}};
  Node* const node = claim.node_id.empty() ? nullptr : call.state.FindNode(claim.node_id);
  if (node == nullptr) {
    data["claim_code"] = ClaimCode(claim, "");
    return Success(std::move(data));
  }
  const std::string token = RandomToken();
  AddClaimToken(call, *node, token, "");
  data["status"] = "claimed";
  data["instance_uuid"] = node->id;
  data["bootstrap_token"] = token;
  return Success(std::move(data));
}

Answer NoHardwareAddress() { return Failure(400, "mac is required", "PARAMETER_MISSING"); }

}  // namespace

Answer PollClaimGen1(Call& call) {
  const std::string mac = call.Text("mac");
  return mac.empty() ? NoHardwareAddress() : AnswerClaim(call, mac);
}

Answer PollClaimGen2(Call& call) {
  if (std::optional<Answer> wait = ThrottleClaim(call)) return std::move(*wait);
  const std::string mac = call.Text("mac");
  if (mac.empty()) return NoHardwareAddress();
  const std::string instance = call.Text("instance_id");
  if (const Node* const node = call.state.FindNode(instance);
      node != nullptr && node->id == instance)
    NoteClaim(call, mac).node_id = node->id;
  return AnswerClaim(call, mac);
}

}  // namespace powernode::platform

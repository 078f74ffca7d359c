// POST claim (node-api.md §6): a device without a token asks who it is and shows a code; a person
// confirms it, or the device proves it (claim_proof.h). One token per confirmation, the same at
// every poll until it is used or old, and bound to the key the device announced. The token is
// derived, so that nothing but its digest is stored.
#include <algorithm>

#include "agent/base/encoding.h"
#include "tests/platform/claim_proof.h"
#include "tests/platform/claim_rows.h"
#include "tests/platform/digest.h"
#include "tests/platform/routes.h"

namespace powernode::platform {
namespace {

Token* FindRow(Node& node, const std::string& token) {
  const std::string digest = Sha256Hex(token);
  for (Token& row : node.tokens) {
    if (row.sha256 == digest) return &row;
  }
  return nullptr;
}

bool IsUsable(const Token& row, Seconds now) { return row.used_at == 0 && row.expires_at > now; }

std::string Derive(const Call& call, const std::string& what, std::int64_t number) {
  return Base64Url(HmacSha256(call.state.claim_secret, what + "|" + std::to_string(number)));
}

// The token of the claim's latest confirmation; empty when it is used up or too old.
std::string ConfirmedToken(Call& call, const Claim& claim, Node& node) {
  const std::string token = Derive(call, claim.mac, claim.confirmations);
  if (const Token* const row = FindRow(node, token); row != nullptr)
    return IsUsable(*row, call.now) ? token : std::string();
  AddClaimToken(call, node, token, claim.device_key_sha256);
  return token;
}

// Each proof confirms by itself, so that a token that was used up or grew old is followed by
// another. The certificate it is spent on takes the place of the one that was the proof.
std::string ProvenToken(Call& call, const ProvenClaim& proven, const std::string& device_key) {
  for (std::int64_t number = 0;; ++number) {
    const std::string token =
        Derive(call, proven.certificate->fingerprint + "|" + device_key, number);
    const Token* const row = FindRow(*proven.node, token);
    if (row != nullptr && !IsUsable(*row, call.now)) continue;
    if (row == nullptr) {
      AddClaimToken(call, *proven.node, token, device_key);
      proven.node->tokens.back().replaces = proven.certificate->id;
      call.changed = true;
    }
    return token;
  }
}

Answer Claimed(const Call& call, const Node& node, const std::string& token) {
  json data = {{"status", "claimed"},
               {"poll_after_seconds", call.state.settings.next_poll_seconds},
               {"instance_uuid", node.id}};
  if (!token.empty()) data["bootstrap_token"] = token;
  return Success(std::move(data));
}

void CheckClaimMembers(Call& call, const std::string& mac, const std::string& device_key) {
  if (std::any_of(mac.begin(), mac.end(), [](char c) { return c >= 'A' && c <= 'F'; }))
    call.Complain("mac is not lower case");
  if (!device_key.empty() && !IsLowerHex(device_key, 64))
    call.Complain("device_key_sha256 is not 64 hex digits");
}

}  // namespace

Answer PollClaim(Call& call) {
  if (std::optional<Answer> wait = ThrottleClaim(call)) return std::move(*wait);
  const std::string mac = call.Text("mac");
  if (mac.empty()) return Failure(400, "mac is required", "PARAMETER_MISSING");
  const std::string device_key = call.Text("device_key_sha256");
  CheckClaimMembers(call, mac, device_key);
  if (const ProvenClaim proven = CheckClaimProof(call); proven.node != nullptr)
    return Claimed(call, *proven.node, ProvenToken(call, proven, device_key));

  Claim& claim = NoteClaim(call, mac);
  Node* const node = claim.node_id.empty() || device_key != claim.device_key_sha256
                         ? nullptr
                         : call.state.FindNode(claim.node_id);
  if (node != nullptr) return Claimed(call, *node, ConfirmedToken(call, claim, *node));
  return Success({{"status", "pending"},
                  {"poll_after_seconds", call.state.settings.next_poll_seconds},
                  {"claim_code", ClaimCode(claim, device_key)}});
}

}  // namespace powernode::platform

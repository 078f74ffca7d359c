// POST claim (node-api.md §6): a device without a token asks who it is and shows a code; a person
// confirms it. One token per confirmation, the same at every poll until it is used or old, and
// bound to the key the device announced. The token is derived, so that nothing but its digest is
// stored.
#include <algorithm>
#include <array>

#include "agent/base/encoding.h"
#include "agent/base/random.h"
#include "tests/platform/digest.h"
#include "tests/platform/routes.h"

namespace powernode::platform {
namespace {

constexpr Seconds kClaimLives = 24 * 3600;
constexpr Seconds kTokenLives = 3600;
constexpr Seconds kMinute = 60;
constexpr std::size_t kPollsPerMinute = 10;
constexpr std::string_view kCodeAlphabet = "ABCDEFGHJKMNPQRSTUVWXYZ2346789";

std::string NewCode() {
  std::string code;
  while (code.size() < 8) code += kCodeAlphabet[RandomBelow(kCodeAlphabet.size())];
  return code;
}

Claim& FindOrAdd(Call& call, const std::string& mac) {
  std::vector<Claim>& claims = call.state.claims;
  std::erase_if(claims,
                [&](const Claim& claim) { return claim.last_seen_at + kClaimLives < call.now; });
  const auto found =
      std::find_if(claims.begin(), claims.end(), [&](const Claim& c) { return c.mac == mac; });
  if (found != claims.end()) return *found;
  claims.push_back({.mac = mac, .code = NewCode()});
  return claims.back();
}

// The token of the claim's latest confirmation; empty when it is used up or too old.
std::string CurrentToken(Call& call, const Claim& claim, Node& node) {
  const std::string token = Base64Url(
      HmacSha256(call.state.claim_secret, claim.mac + "|" + std::to_string(claim.confirmations)));
  const std::string digest = Sha256Hex(token);
  for (const Token& row : node.tokens) {
    if (row.sha256 == digest)
      return row.used_at == 0 && row.expires_at > call.now ? token : std::string();
  }
  node.tokens.push_back({.sha256 = digest,
                         .created_at = call.now,
                         .expires_at = call.now + kTokenLives,
                         .device_key_sha256 = claim.device_key_sha256});
  return token;
}

// Seconds to wait, or 0 when the address has not asked too often.
Seconds Throttle(Call& call) {
  std::vector<Seconds>& polls = call.state.claim_polls[call.request.peer.address];
  std::erase_if(polls, [&](Seconds at) { return at <= call.now - kMinute; });
  call.changed = true;
  if (polls.size() >= kPollsPerMinute) return polls.front() + kMinute - call.now;
  polls.push_back(call.now);
  return 0;
}

Answer TooOften(Seconds wait) {
  Answer answer = Failure(429, "Too many claims from this address", "RATE_LIMITED");
  answer.SetHeader("Retry-After", std::to_string(wait));
  std::get<json>(answer.body)["retry_after"] = wait;
  return answer;
}

}  // namespace

Answer PollClaim(Call& call) {
  if (const Seconds wait = Throttle(call); wait > 0) return TooOften(wait);
  const std::string mac = call.Text("mac");
  if (mac.empty()) return Failure(400, "mac is required", "PARAMETER_MISSING");
  if (std::any_of(mac.begin(), mac.end(), [](char c) { return c >= 'A' && c <= 'F'; }))
    call.Complain("mac is not lower case");
  Claim& claim = FindOrAdd(call, mac);
  claim.last_seen_at = call.now;
  claim.architecture = call.Text("architecture");
  claim.address = call.request.peer.address;
  const std::string device_key = call.Text("device_key_sha256");
  if (!device_key.empty() && !IsLowerHex(device_key, 64))
    call.Complain("device_key_sha256 is not 64 hex digits");
  // A person confirmed the device with that key; another one with the same address is somebody
  // else.
  const bool confirmed = !claim.node_id.empty() && device_key == claim.device_key_sha256;
  if (claim.node_id.empty()) claim.device_key_sha256 = device_key;

  json data = {{"status", "pending"},
               {"poll_after_seconds", call.state.settings.next_poll_seconds}};
  if (Node* node = confirmed ? call.state.FindNode(claim.node_id) : nullptr; node != nullptr) {
    data["status"] = "claimed";
    data["instance_uuid"] = node->id;
    if (const std::string token = CurrentToken(call, claim, *node); !token.empty())
      data["bootstrap_token"] = token;
  } else {
    data["claim_code"] = claim.code;
  }
  return Success(std::move(data));
}

}  // namespace powernode::platform

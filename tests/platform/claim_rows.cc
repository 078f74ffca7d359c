#include "tests/platform/claim_rows.h"

#include <algorithm>
#include <iterator>

#include "agent/base/random.h"
#include "tests/platform/digest.h"

namespace powernode::platform {
namespace {

constexpr Seconds kClaimLives = 24 * 3600;
constexpr Seconds kTokenLives = 3600;
constexpr Seconds kMinute = 60;
constexpr std::size_t kMaxKeys = 16;  // that one hardware address may announce
constexpr std::string_view kCodeAlphabet = "ABCDEFGHJKMNPQRSTUVWXYZ2346789";

std::string NewCode() {
  std::string code;
  while (code.size() < 8) code += kCodeAlphabet[RandomBelow(kCodeAlphabet.size())];
  return code;
}

}  // namespace

Claim& NoteClaim(Call& call, const std::string& mac) {
  std::vector<Claim>& claims = call.state.claims;
  std::erase_if(claims,
                [&](const Claim& claim) { return claim.last_seen_at + kClaimLives < call.now; });
  auto found =
      std::find_if(claims.begin(), claims.end(), [&](const Claim& c) { return c.mac == mac; });
  if (found == claims.end()) {
    claims.push_back({.mac = mac});
    found = std::prev(claims.end());
  }
  found->last_seen_at = call.now;
  found->architecture = call.Text("architecture");
  found->address = call.request.peer.address;
  call.changed = true;
  return *found;
}

const std::string& ClaimCode(Claim& claim, const std::string& device_key) {
  if (claim.codes.size() >= kMaxKeys && !claim.codes.contains(device_key)) claim.codes.clear();
  std::string& code = claim.codes[device_key];
  if (code.empty()) code = NewCode();
  claim.code = code;
  return code;
}

std::optional<Answer> ThrottleClaim(Call& call) {
  std::vector<Seconds>& polls = call.state.claim_polls[call.request.peer.address];
  std::erase_if(polls, [&](Seconds at) { return at <= call.now - kMinute || at > call.now; });
  call.changed = true;
  const auto limit = static_cast<std::size_t>(call.state.settings.claims_per_minute);
  if (polls.size() < limit) {
    polls.push_back(call.now);
    return std::nullopt;
  }
  const Seconds wait = limit == 0 ? kMinute : polls.front() + kMinute - call.now;
  Answer answer = Failure(429, "Too many claims from this address", "RATE_LIMITED");
  answer.SetHeader("Retry-After", std::to_string(wait));
  std::get<json>(answer.body)["retry_after"] = wait;
  return answer;
}

void AddClaimToken(const Call& call, Node& node, const std::string& token,
                   const std::string& device_key) {
  node.tokens.push_back({.sha256 = Sha256Hex(token),
                         .created_at = call.now,
                         .expires_at = call.now + kTokenLives,
                         .device_key_sha256 = device_key});
}

}  // namespace powernode::platform

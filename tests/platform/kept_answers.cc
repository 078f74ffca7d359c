#include "tests/platform/kept_answers.h"

#include <algorithm>

#include "tests/platform/digest.h"

namespace powernode::platform {
namespace {

constexpr Seconds kLives = 24 * 3600;
constexpr std::size_t kMaxKept = 500;

const std::string* KeyOf(const Call& call) {
  return call.Offers("idempotency") && call.request.method == "POST" && call.node != nullptr
             ? call.request.Header("Idempotency-Key")
             : nullptr;
}

}  // namespace

std::optional<Answer> ReplayAnswer(Call& call) {
  const std::string* const key = KeyOf(call);
  if (key == nullptr) return std::nullopt;
  for (const KeptAnswer& kept : call.state.kept_answers) {
    if (kept.node_id != call.node->id || kept.key != *key || kept.at + kLives < call.now) continue;
    if (kept.body_sha256 != Sha256Hex(call.request.path + "\n" + call.request.body))
      return Failure(409, "Idempotency-Key was used for another request", "CONFLICT");
    Answer answer;
    answer.status = kept.status;
    answer.body = kept.body;
    return answer;
  }
  return std::nullopt;
}

void KeepAnswer(Call& call, const Answer& answer) {
  const std::string* const key = KeyOf(call);
  const json* const body = std::get_if<json>(&answer.body);
  if (key == nullptr || body == nullptr || answer.status >= 500) return;
  std::vector<KeptAnswer>& kept = call.state.kept_answers;
  std::erase_if(kept, [&](const KeptAnswer& one) { return one.at + kLives < call.now; });
  if (kept.size() >= kMaxKept) kept.erase(kept.begin());
  kept.push_back({.node_id = call.node->id,
                  .key = *key,
                  .body_sha256 = Sha256Hex(call.request.path + "\n" + call.request.body),
                  .status = answer.status,
                  .body = *body,
                  .at = call.now});
  call.changed = true;
}

}  // namespace powernode::platform

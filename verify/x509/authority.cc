#include "verify/x509/authority.h"

#include <utility>

namespace powernode::verify::x509 {

Authority::Authority(std::vector<Certificate> chain, Window valid_for) {
  const std::size_t pairs = chain.size() * chain.size();
  state_ =
      std::make_shared<const State>(State{.chain = std::move(chain),
                                          .valid_for = valid_for,
                                          .holds = std::make_unique<std::atomic<char>[]>(pairs)});
}

// Only what holds is kept; a refusal is made anew, with its reason.
Status Authority::CheckSignature(std::size_t child, std::size_t parent) const {
  std::atomic<char>& holds = state_->holds[child * state_->chain.size() + parent];
  if (holds.load(std::memory_order_relaxed) != 0) return Ok();
  RETURN_IF_ERROR(state_->chain[child].CheckSignature(state_->chain[parent]));
  holds.store(1, std::memory_order_relaxed);
  return Ok();
}

}  // namespace powernode::verify::x509

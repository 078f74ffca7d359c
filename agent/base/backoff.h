// Exponential back-off with full jitter (node-api.md §4): the wait before try n is uniform in
// [0, min(cap, base * 2^n)], so that a fleet that failed together does not come back together.
#pragma once

#include <chrono>

namespace powernode {

class Backoff {
 public:
  Backoff(std::chrono::milliseconds base, std::chrono::milliseconds cap) : base_(base), cap_(cap) {}

  // The next wait; each call counts as one more failure.
  std::chrono::milliseconds Next();
  void Reset() { failures_ = 0; }

 private:
  std::chrono::milliseconds base_;
  std::chrono::milliseconds cap_;
  unsigned failures_ = 0;
};

// period * (1 ± fraction), uniform.
std::chrono::milliseconds Jittered(std::chrono::milliseconds period, double fraction);

}  // namespace powernode

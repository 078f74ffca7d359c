// When to try a failed enrolment again (node-api.md §4, §7.3): full jitter up to 300 s for what
// passes by itself; after a refused token 30 s to 10 min, because only a new token helps and the
// sources are read again each time; 5 min when the platform rejects the request as such; the
// platform's wish before everything else.
#pragma once

#include <chrono>

#include "agent/base/backoff.h"
#include "enroll/enroll.h"

namespace powernode::enroll {

class EnrollPace {
 public:
  std::chrono::milliseconds Next(const EnrollAttempt& failed);

 private:
  Backoff trouble_{std::chrono::seconds(1), std::chrono::seconds(300)};
  std::chrono::seconds refused_{30};
};

}  // namespace powernode::enroll

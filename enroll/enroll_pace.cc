#include "enroll/enroll_pace.h"

#include <algorithm>

#include "enroll/answer.h"

namespace powernode::enroll {
namespace {

constexpr std::chrono::seconds kRefusedCap{600};
constexpr std::chrono::seconds kRejectedWait{300};
constexpr double kSpread = 0.1;

}  // namespace

std::chrono::milliseconds EnrollPace::Next(const EnrollAttempt& failed) {
  if (failed.retry_after) return *failed.retry_after;
  if (failed.outcome) return std::chrono::milliseconds(0);
  const Error& error = failed.outcome.error();
  if (error.code() == "token_refused") {
    const std::chrono::milliseconds wait = Jittered(refused_, kSpread);
    refused_ = std::min(refused_ * 2, kRefusedCap);
    return wait;
  }
  if (error.code() == "enroll_rejected") return Jittered(kRejectedWait, kSpread);
  return trouble_.Next();
}

}  // namespace powernode::enroll

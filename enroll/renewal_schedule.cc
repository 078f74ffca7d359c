#include "enroll/renewal_schedule.h"

#include <algorithm>

namespace powernode::enroll {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr std::int64_t kWeek = std::int64_t{7} * 24 * 3600;
constexpr std::int64_t kLongLife = 5 * kWeek;  // of which a week is a fifth

std::int64_t LifeOf(const Credentials& credentials) {
  return std::max<std::int64_t>(credentials.not_after - credentials.not_before, 1);
}

// [0, 1000), from the fingerprint: even over a fleet, the same for one certificate.
std::int64_t Spread(const Credentials& credentials) {
  std::int64_t sum = 0;
  for (const char c : credentials.fingerprint) sum = (sum * 31 + c) % 1000;
  return sum;
}

seconds Twentieth(const Credentials& credentials) {
  return std::max(seconds(LifeOf(credentials) / 20), seconds(1));
}

}  // namespace

std::int64_t RenewalTime(const Credentials& credentials) {
  const std::int64_t life = LifeOf(credentials);
  const std::int64_t per_mille = 667 - 50 + Spread(credentials) / 10;
  return credentials.not_before + life / 1000 * per_mille + life % 1000 * per_mille / 1000;
}

seconds RenewalLook(const Credentials& credentials, std::int64_t now_unix) {
  const seconds due(std::max<std::int64_t>(RenewalTime(credentials) - now_unix, 1));
  return std::min({due, Twentieth(credentials), seconds(hours(6))});
}

seconds RenewalRetry(const Credentials& credentials, unsigned failures) {
  const seconds wait(minutes(5) * (1U << std::min(failures - 1, 7U)));
  return std::min({wait, Twentieth(credentials), seconds(hours(6))});
}

bool IsExpiring(const Credentials& credentials, std::int64_t now_unix) {
  const std::int64_t life = LifeOf(credentials);
  const std::int64_t left = credentials.not_after - now_unix;
  return left < life / 5 || (life >= kLongLife && left < kWeek);
}

}  // namespace powernode::enroll

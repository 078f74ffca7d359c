// When a certificate is renewed (node-api.md §2.5): at two thirds of its life, ± 5 % that follow
// from the certificate itself, so that every look at it gives the same moment and a fleet enrolled
// together does not come back together. All times follow from the life: a certificate of ten
// minutes is renewed in time as one of a year is.
#pragma once

#include <chrono>
#include <cstdint>

#include "enroll/credentials.h"

namespace powernode::enroll {

// Seconds since 1970.
std::int64_t RenewalTime(const Credentials& credentials);

// Until the next look at the clock, which may jump: at most 6 h, and a twentieth of the life.
std::chrono::seconds RenewalLook(const Credentials& credentials, std::int64_t now_unix);

// After `failures` failed renewals (1 and up): 5 min doubling to 6 h, never more than a twentieth
// of the life.
std::chrono::seconds RenewalRetry(const Credentials& credentials, unsigned failures);

// Worth an operator's look: less than a fifth of the life is left, or of a long one less than seven
// days.
bool IsExpiring(const Credentials& credentials, std::int64_t now_unix);

}  // namespace powernode::enroll

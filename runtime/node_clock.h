// The node's idea of the time (node-files.md §9.2, E3 and E5). A clock without a battery starts at
// 1970, a broken one anywhere; a certificate judged by it is refused for ever. So there is a floor,
// the newest time that was proven to have been, which survives the power in `clock.json`; and when
// the platform's certificate does not fit the clock, the platform is asked for the time.
#pragma once

#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>

#include "agent/base/clock.h"
#include "agent/base/paths.h"
#include "agent/base/result.h"
#include "agent/base/url.h"
#include "enroll/credentials.h"
#include "enroll/transport.h"

namespace powernode::runtime {

// Seconds since 1970: when this program was built, when this node's certificate began, or the last
// time that an authenticated answer confirmed, whatever is newest. `stored` may be null.
std::int64_t ClockFloor(const Paths& paths, const enroll::Credentials* stored);

// Remembers a time that an authenticated answer gave. kRefused "clock_unreliable" when it is not
// within the life of the certificate that the answer was given to: no single answer can move the
// floor out of reach.
Status KeepGoodTime(const Paths& paths, const enroll::Credentials& credentials,
                    std::int64_t server_time);

// Sets a clock that is below the floor. What was done, for people; nullopt when nothing was to do.
std::optional<std::string> RaiseClock(Clock& clock, std::int64_t floor);

// The same to the floor that this node's own state gives, with what is stored as it is now.
std::optional<std::string> RaiseClock(Clock& clock, const Paths& paths);

struct TimeSource {
  Origin platform;
  std::string ca_pem;
};

// After a call failed with `error`: when the clock is the likely cause, asks `source` for the time
// and sets the clock. What was done; nullopt when the clock is not to blame. kRefuted
// "clock_unreliable" and the transport's errors when no better time could be had.
Result<std::optional<std::string>> CorrectClock(const Error& error, const TimeSource& source,
                                                std::int64_t floor,
                                                const enroll::TransportFactory& transports,
                                                Clock& clock, std::stop_token stop);

}  // namespace powernode::runtime

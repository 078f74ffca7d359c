// What time is it, asked of the one machine whose certificate this node can judge (node-files.md
// §9.2, E5): a node whose clock is wrong cannot tell an expired certificate from a good one, and
// without the platform it has nobody else to ask.
//
// One handshake in which only the dates are not judged, one GET of "/" without any credential, and
// the answer's Date. Chain and host name are checked as ever, so the time comes from a holder of a
// key that the platform's CA signed; it is believed only where every certificate of that chain is
// valid, and never below the floor.
#pragma once

#include <cstdint>
#include <stop_token>
#include <string>

#include "agent/base/result.h"
#include "agent/base/url.h"
#include "enroll/transport.h"

namespace powernode::enroll {

// Is the clock the likely cause of a transport's error? A certificate that is not valid yet says
// so by itself; an expired one does so only when the clock is far ahead of the newest time that
// this node has seen proven.
bool IsClockSuspect(const Error& error, std::int64_t now_unix, std::int64_t floor_unix);

// Seconds since 1970. kRefuted "clock_unreliable": the platform's time is absurd too; else the
// transport's errors.
Result<std::int64_t> ProbeTime(const Origin& platform, const std::string& ca_pem,
                               std::int64_t floor_unix, const TransportFactory& transports,
                               std::stop_token stop);

}  // namespace powernode::enroll

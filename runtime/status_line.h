// What `systemctl status` shows: one line that a person understands. It stays the same while
// nothing changes, so that the service manager is not told every second.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "runtime/findings.h"
#include "runtime/node_report.h"

namespace powernode::runtime {

// "host mode, set c1f0a2b3c4d5: 2 of 2 modules live, 1 of 3 services failed; 1 finding, high:
// nginx; heartbeat answered less than a minute ago"
std::string StatusLine(const NodeReport& report, const LastHeartbeat& heartbeat,
                       const std::vector<Finding>& findings, std::int64_t now_unix);

}  // namespace powernode::runtime

// Do the units that a change restarted run again?
#pragma once

#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "agent/base/clock.h"
#include "agent/base/result.h"
#include "runtime/systemd.h"

namespace powernode::runtime {

inline constexpr std::string_view kUnitDidNotComeBack = "unit_did_not_come_back";

// Those among `units` that are active now.
Result<std::vector<std::string>> ActiveUnits(Systemd& systemd,
                                             const std::vector<std::string>& units);

// Waits until all are active, ten seconds at most, and looks again two seconds later, when what
// crashes at once has crashed. kSystem "unit_did_not_come_back" names the first that is not. A stop
// request ends the waiting without a verdict, which is Ok.
Status AwaitUnits(Systemd& systemd, const std::vector<std::string>& units, Clock& clock,
                  std::stop_token stop);

}  // namespace powernode::runtime

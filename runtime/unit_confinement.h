// What a service may not do, as directives of its unit (node-files.md §12.2): its capabilities, the
// networks it may reach, its profiles. All of it holds for this one unit: nothing here touches the
// host's firewall or the agent.
#pragma once

#include <string>
#include <vector>

#include "agent/base/result.h"
#include "enroll/module_view.h"
#include "runtime/unit_surroundings.h"

namespace powernode::runtime {

// What was asked for and is not enforced.
struct UnitNote {
  std::string code;  // "egress_unspecified"
  std::string text;
};

struct Confinement {
  std::string directives;  // whole lines
  std::vector<UnitNote> notes;
};

// kRefused "unit_refused".
Result<Confinement> Confine(const UnitSurroundings& surroundings, const enroll::Service& service,
                            const enroll::ModuleSecurity& security);

}  // namespace powernode::runtime

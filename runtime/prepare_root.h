// From an initramfs to a composed root (node-files.md §9.3): persist, identity, enrolment, the
// assigned modules pulled and proven, one union at `sysroot`, checked, made this node's own,
// recorded. The switch itself is the initramfs's.
//
// Candidates are tried in the order of boot_choice.h: what the platform assigns, the staged set,
// the last known good ones. One that fails is unwound whole before the next. With kKeepTrying a
// node that can compose nothing stays here, says why and when it tries again, and never gives up:
// the caller's failure would be a panic (§9.6).
#pragma once

#include <stop_token>
#include <string>

#include "agent/base/clock.h"
#include "agent/base/paths.h"
#include "agent/base/result.h"
#include "runtime/boot_console.h"
#include "runtime/settings.h"

namespace powernode::runtime {

enum class OnFailure { kReturn, kKeepTrying };

struct PrepareRootRequest {
  Paths paths;
  Settings settings;
  std::string sysroot;
  OnFailure on_failure = OnFailure::kReturn;
};

// `stop` ends the waiting as well. Errors carry the code of what failed last.
Status PrepareRoot(const PrepareRootRequest& request, BootConsole& console, Clock& clock,
                   std::stop_token stop);

}  // namespace powernode::runtime

// init-bottom of a machine with a normal root= (node-files.md §9.4): the root stays as it is. What
// the service will need after the switch is put on /run: the agent itself, the image's trust keys,
// its unit, and the persist file system if one is there. Everything that takes time or the network
// is the service's.
#pragma once

#include <chrono>
#include <stop_token>
#include <string>

#include "agent/base/clock.h"
#include "agent/base/paths.h"
#include "agent/base/result.h"
#include "runtime/boot_console.h"
#include "runtime/settings.h"

namespace powernode::runtime {

struct InitBottomRequest {
  Paths paths;
  Settings settings;
  std::string root;  // where the generator mounted the real root; looked at, never written to
};

// Whether the kernel command line asks for it: powernode.boot=1 and not 0.
bool WantsInitBottom(const Settings& settings);

Status InitBottom(const InitBottomRequest& request, BootConsole& console, Clock& clock,
                  std::stop_token stop);

}  // namespace powernode::runtime

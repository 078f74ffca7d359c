// The agent's own systemd unit, rendered at boot into /run/systemd/system so that the root image
// need not know about the agent. An installed unit of the same name in /etc wins, as systemd has
// it.
#pragma once

#include <string>
#include <string_view>

#include "agent/base/paths.h"
#include "agent/base/result.h"

namespace powernode::runtime {

// `program` and `persist` are absolute paths as the running system will see them.
std::string RenderAgentUnit(std::string_view program, std::string_view persist);

// The service itself and what belongs to it: no task and no setting may stop them.
bool IsAgentUnit(std::string_view name);

// Writes the unit and its multi-user.target.wants link below paths.unit_directory.
Status InstallAgentUnit(const Paths& paths, std::string_view persist);

}  // namespace powernode::runtime

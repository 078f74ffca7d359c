#include "agent/base/version.h"

#include "agent/base/clock.h"
#include "agent/base/curl_transport.h"
#include "agent/commands/command.h"
#include "verify/module_statement.h"

namespace powernode::commands {

std::function<Outcome(const Context&)> ConfigureVersion(CLI::App&) {
  return [](const Context&) {
    Outcome outcome;
    outcome.details["name"] = "powernode-agent";
    outcome.details["version"] = Version();
    outcome.details["commit"] = Commit();
    outcome.details["built"] = FormatTime(BuildTimeUnix());
    outcome.details["architecture"] = verify::NodeArchitecture();
    outcome.details["libraries"] = HttpLibraryVersions();
    return outcome;
  };
}

}  // namespace powernode::commands

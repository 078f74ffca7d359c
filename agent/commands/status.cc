#include <algorithm>
#include <vector>

#include "agent/base/files.h"
#include "agent/base/json.h"
#include "agent/commands/command.h"
#include "agent/commands/table.h"

namespace powernode::commands {
namespace {

constexpr std::size_t kMaxStatus = 4 * 1024 * 1024;

std::string Text(const Json& object, std::string_view key) {
  return GetString(object, key).value_or("-");
}

std::string ServicesText(const Json& module) {
  std::string text;
  if (const Json* services = GetArray(module, "services"))
    for (const Json& service : *services)
      text += (text.empty() ? "" : ", ") + Text(service, "name") + " " + Text(service, "state");
  return text.empty() ? "-" : text;
}

std::string Render(const Json& status) {
  const Json empty = Json::object();
  const auto part = [&](std::string_view key) -> const Json& {
    const Json* found = GetObject(status, key);
    return found == nullptr ? empty : *found;
  };
  std::string text = "mode        " + Text(status, "mode") + "\n";
  text += "platform    " + Text(part("auth"), "platform") + " as " +
          Text(part("auth"), "instance_id") + ", certificate until " +
          Text(part("auth"), "cert_not_after") + "\n";
  if (const Json* claim = GetObject(status, "claim"))
    text += "claim       waits for code " + Text(*claim, "code") + " to be confirmed at " +
            Text(*claim, "url") + "\n";
  text += "heartbeat   " + GetString(status, "last_heartbeat").value_or("none yet");
  if (const auto problem = GetString(status, "heartbeat_error")) text += " (" + *problem + ")";
  text += "\ncomposition " + Text(part("composition"), "running").substr(0, 12) + " from " +
          Text(part("composition"), "source") + ", last known good " +
          Text(part("composition"), "lkg").substr(0, 12) + ", gate " + Text(status, "gate") + "\n";
  if (GetBool(part("composition"), "pending_reboot").value_or(false))
    text += "            another set is stored and waits for a reboot\n";
  text += "persist     " + Text(part("persist"), "state") + "\n\n";

  Table table({"MODULE", "PRIORITY", "DIGEST", "LAYER", "BYTES", "SERVICES"});
  if (const Json* modules = GetArray(status, "modules"))
    for (const Json& module : *modules)
      table.Add({Text(module, "name"), std::to_string(GetInt(module, "priority").value_or(0)),
                 Text(module, "digest").substr(0, 19), Text(module, "layer"),
                 Text(module, "enforcement"), ServicesText(module)});
  text += table.Render();
  if (const Json* findings = GetArray(status, "findings");
      findings != nullptr && !findings->empty()) {
    text += "\n";
    for (const Json& finding : *findings)
      text += Text(finding, "severity") + ": " + Text(finding, "subject") + ": " +
              Text(finding, "detail") + " [" + Text(finding, "code") + "] since " +
              Text(finding, "since") + "\n";
  }
  return text;
}

}  // namespace

std::function<Outcome(const Context&)> ConfigureStatus(CLI::App&) {
  return [](const Context& context) {
    const Paths paths = context.paths();
    const Result<std::string> content = ReadFile(paths.status, kMaxStatus);
    if (!content) {
      Outcome outcome = Outcome::Failed(
          "status",
          Error(ErrorKind::kCannotTell, "no_status",
                "no service has written " + paths.status +
                    " (is powernode-agent.service running? `introspect` works without it)"));
      return outcome;
    }
    const Result<Json> status = ParseJsonObject(*content);
    if (!status) return Outcome::Failed("status", status.error());
    Outcome outcome;
    outcome.stage = "status";
    outcome.details = OrderedJson(*status);
    outcome.text = Render(*status);
    return outcome;
  };
}

}  // namespace powernode::commands

#include <algorithm>
#include <vector>

#include "agent/base/files.h"
#include "agent/base/json.h"
#include "agent/commands/command.h"
#include "agent/commands/table.h"
#include "enroll/pki_store.h"
#include "runtime/first_report.h"

namespace powernode::commands {
namespace {

constexpr std::size_t kMaxStatus = 4 * 1024 * 1024;
constexpr std::size_t kShort = 12;

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

std::string LayerText(const Json& module) {
  const std::int64_t position = GetInt(module, "position").value_or(0);
  return Text(module, "layer") + (position > 0 ? " " + std::to_string(position) : "");
}

// "running     c1f0a2b3c4d5, 2 modules, tried twice".
std::string SetText(const std::string& label, const Json& sets, std::string_view key) {
  const Json* set = GetObject(sets, key);
  if (set == nullptr) return label + "-\n";
  std::string text = label + Text(*set, "composition").substr(0, kShort) + ", " +
                     std::to_string(GetInt(*set, "modules").value_or(0)) + " modules";
  if (const auto source = GetString(*set, "source")) text += " from " + *source;
  if (const auto confirmed = GetString(*set, "confirmed_at")) text += ", since " + *confirmed;
  if (const std::int64_t attempts = GetInt(*set, "attempts").value_or(0); attempts > 0)
    text += ", attempt " + std::to_string(attempts) + " without a verdict";
  return text + "\n";
}

std::string Render(const Json& status) {
  const Json empty = Json::object();
  const auto part = [&](std::string_view key) -> const Json& {
    const Json* found = GetObject(status, key);
    return found == nullptr ? empty : *found;
  };
  std::string text;
  if (const auto note = GetString(status, "note")) text += "note        " + *note + "\n";
  text += "mode        " + Text(status, "mode") + "\n";
  text += "platform    " + Text(part("auth"), "platform") + " as " +
          Text(part("auth"), "instance_id") + ", certificate until " +
          Text(part("auth"), "cert_not_after") + "\n";
  if (const Json* claim = GetObject(status, "claim"))
    text += "claim       waits for code " + Text(*claim, "code") + " to be confirmed at " +
            Text(*claim, "url") + "\n";
  text += "heartbeat   " + GetString(status, "last_heartbeat").value_or("none yet");
  if (const auto problem = GetString(status, "heartbeat_error")) text += " (" + *problem + ")";
  text += "\ngate        " + Text(status, "gate") + "\n";
  text += SetText("running     ", part("sets"), "running");
  text += SetText("staged      ", part("sets"), "staged");
  text += SetText("last good   ", part("sets"), "last_good");
  if (GetBool(part("composition"), "pending_reboot").value_or(false))
    text += "            set " +
            GetString(part("composition"), "staged")
                .value_or(Text(part("composition"), "lkg"))  // which needs no record
                .substr(0, 12) +
            " is stored and waits for a reboot\n";
  text += "persist     " + Text(part("persist"), "state") + "\n\n";

  Table table({"MODULE", "PRIORITY", "DIGEST", "LAYER", "BYTES", "SERVICES"});
  if (const Json* modules = GetArray(status, "modules"))
    for (const Json& module : *modules)
      table.Add({Text(module, "name"), std::to_string(GetInt(module, "priority").value_or(0)),
                 Text(module, "digest").substr(0, 19), LayerText(module),
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

// No service, no word from it: what the files and the mount table say.
Json StatusFromFiles(const Paths& paths, Clock& clock, Outcome& outcome) {
  Log silent(-1, LogFormat::kPeople, LogLevel::kError);
  runtime::Findings findings(clock, silent);
  runtime::NodeReport report = runtime::FirstReport(paths, findings);
  if (const Status looked = runtime::LookAtLayers(paths, report); !looked) {
    outcome.error = looked.error();
    outcome.exit_code = ExitCodeOf(looked.error());
    outcome.status = "error";
  }
  const enroll::PkiStore::Loaded pki = enroll::PkiStore(paths.pki).Load(clock.UnixSeconds());
  return StatusBody(report, pki.credentials.get(), {}, findings.ToJson(), clock.UnixSeconds());
}

Json StatusOfNode(const Paths& paths, Clock& clock, Outcome& outcome) {
  const std::optional<bool> runs = runtime::ServiceRuns(paths);
  if (runs.value_or(true)) {
    const Result<std::string> content = ReadFile(paths.status, kMaxStatus);
    Result<Json> status = content ? ParseJsonObject(*content) : Result<Json>(content.error());
    if (status) {
      (*status)["from"] = "service";
      return *std::move(status);
    }
  }
  Json status = StatusFromFiles(paths, clock, outcome);
  status["from"] = "files";
  status["note"] = runs.value_or(false)
                       ? "the service has not written its status yet; this is read from files"
                       : "no service runs (is powernode-agent.service started?); this is read "
                         "from files";
  return status;
}

}  // namespace

std::function<Outcome(const Context&)> ConfigureStatus(CLI::App&) {
  return [](const Context& context) {
    Outcome outcome;
    outcome.stage = "status";
    const Json status = StatusOfNode(context.paths(), context.clock, outcome);
    outcome.details = OrderedJson(status);
    outcome.text = Render(status);
    return outcome;
  };
}

}  // namespace powernode::commands

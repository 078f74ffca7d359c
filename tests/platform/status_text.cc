// The human half of `status`.
#include <algorithm>
#include <sstream>

#include "tests/platform/status_view.h"
#include "tests/platform/text_table.h"

namespace powernode::platform {
namespace {

constexpr std::size_t kShortDigest = 12;

std::string TextOf(const json& object, const char* member, const char* otherwise = "-") {
  if (!object.is_object()) return otherwise;
  const auto found = object.find(member);
  return found != object.end() && found->is_string() &&
                 !found->get_ref<const std::string&>().empty()
             ? found->get<std::string>()
             : otherwise;
}

std::string LastBeat(const json& node) {
  if (node["heartbeat_age_seconds"].is_null()) return "never";
  const Seconds age = node["heartbeat_age_seconds"].get<Seconds>();
  return FormatAge(age) + " ago (" + std::to_string(node["heartbeats"].get<std::int64_t>()) + ")" +
         (age > 180 ? " STALE" : "");
}

std::string ModuleSummary(const json& node) {
  const json& assigned = node["assigned"];
  const json& running = node["running"];
  std::size_t equal = 0;
  for (const auto& [id, digest] : assigned.items())
    equal += running.contains(id) && running[id] == digest ? 1 : 0;
  std::string text = std::to_string(equal) + " of " + std::to_string(assigned.size()) + " running";
  std::size_t extra = 0;
  for (const auto& [id, digest] : running.items()) extra += assigned.contains(id) ? 0 : 1;
  if (extra > 0) text += ", " + std::to_string(extra) + " not assigned";
  return text;
}

std::string CertificateSummary(const json& node) {
  Seconds longest = -1;
  std::size_t revoked = 0;
  for (const json& certificate : node["certificates"]) {
    if (certificate["revoked"].get<bool>()) {
      ++revoked;
    } else {
      longest = std::max(longest, certificate["expires_in_seconds"].get<Seconds>());
    }
  }
  std::string text = longest > 0 ? "valid " + FormatAge(longest) : "none valid";
  if (revoked > 0) text += ", " + std::to_string(revoked) + " revoked";
  return text;
}

// "17.0 MiB", "4.0 KiB"
std::string Size(const json& bytes) {
  const bool large = bytes.get<double>() >= 1 << 20;
  std::ostringstream text;
  text.precision(1);
  text << std::fixed << bytes.get<double>() / (large ? 1 << 20 : 1 << 10)
       << (large ? " MiB" : " KiB");
  return text.str();
}

std::string Fetched(const json& node) {
  const auto bytes = [&node](const char* member) { return node[member].get<std::uint64_t>(); };
  return Size(bytes("blob_bytes_served") + bytes("object_bytes_served"));
}

// The nodes that run this digest of the module, by name.
std::string RunningOn(const json& status, const json& module) {
  std::string names;
  for (const json& node : status["nodes"]) {
    const json& running = node["running"];
    const std::string id = module["id"].get<std::string>();
    if (running.contains(id) && running[id] == module["digest"])
      names += (names.empty() ? "" : ", ") + node["name"].get<std::string>();
  }
  return names.empty() ? "-" : names;
}

std::string NodeTable(const json& status) {
  TextTable table({"NODE", "STATUS", "LAST BEAT", "MODE", "ROOT FROM", "PERSIST", "MODULES",
                   "FETCHED", "CERTIFICATE", "TLS"});
  for (const json& node : status["nodes"]) {
    const json& beat = node["last_heartbeat"];
    const json composition =
        beat.is_object() ? beat.value("composition", json::object()) : json::object();
    const json persist = beat.is_object() ? beat.value("persist", json::object()) : json::object();
    table.Add({TextOf(node, "name"), TextOf(node, "status"), LastBeat(node),
               TextOf(beat, "node_mode"), TextOf(composition, "source"), TextOf(persist, "state"),
               ModuleSummary(node), Fetched(node), CertificateSummary(node), TextOf(node, "tls")});
  }
  return table.Text();
}

std::string ModuleTable(const json& status) {
  TextTable table(
      {"MODULE", "VERSION", "PRIORITY", "SIZE", "DIGEST", "SIGNED", "REVISION", "RUNNING ON"});
  for (const json& module : status["modules"]) {
    table.Add({TextOf(module, "name"),
               std::to_string(module["current_version"].get<std::int64_t>()),
               std::to_string(module["priority"].get<std::int64_t>()), Size(module["size_bytes"]),
               TextOf(module, "digest").substr(0, sizeof "sha256:" - 1 + kShortDigest),
               TextOf(module, "signature_form"),
               module["revision"].is_null() ? "-" : module["revision"].dump(),
               RunningOn(status, module)});
  }
  return table.Text();
}

std::string ServiceTable(const json& status) {
  TextTable table({"SERVICE", "NODE", "MODULE", "STATE", "HEALTH", "RESTARTS"});
  for (const json& node : status["nodes"]) {
    const json& beat = node["last_heartbeat"];
    if (!beat.is_object() || !beat.contains("services") || !beat["services"].is_array()) continue;
    for (const json& service : beat["services"]) {
      const bool counted =
          service.is_object() && service.contains("restarts") && service["restarts"].is_number();
      table.Add({TextOf(service, "service"), TextOf(node, "name"), TextOf(service, "module_id"),
                 TextOf(service, "state"), TextOf(service, "health"),
                 counted ? service["restarts"].dump() : "-"});
    }
  }
  return table.Text();
}

std::string NumberOf(const json& object, const char* member) {
  const auto found = object.find(member);
  return found != object.end() && found->is_number_integer() ? found->dump() : "-";
}

// What each node's kernel says of each layer, and whose signature it was mounted by.
std::string EvidenceTable(const json& status) {
  TextTable table({"EVIDENCE", "NODE", "LAYER", "MOUNT", "HELD BY", "FSVERITY", "SIGNED BY"});
  for (const json& node : status["nodes"]) {
    const json& beat = node["last_heartbeat"];
    if (!beat.is_object() || !beat.contains("module_evidence") ||
        !beat["module_evidence"].is_array())
      continue;
    for (const json& module : beat["module_evidence"]) {
      if (!module.is_object()) continue;
      const std::string key = TextOf(module, "keyid", "").substr(0, kShortDigest);
      table.Add({TextOf(module, "module_id"), TextOf(node, "name"), NumberOf(module, "layer"),
                 NumberOf(module, "mount_id"),
                 module.value("verity", json()) == true ? "kernel" : "store",
                 TextOf(module, "fsverity_measured").substr(0, sizeof "sha256:" - 1 + kShortDigest),
                 key.empty() ? TextOf(module, "identity") : key});
    }
  }
  return table.Text();
}

std::string FindingTable(const json& status) {
  TextTable table({"FINDING", "NODE", "SEVERITY", "SUBJECT", "DETAIL"});
  for (const json& node : status["nodes"]) {
    const json& beat = node["last_heartbeat"];
    if (!beat.is_object() || !beat.contains("findings") || !beat["findings"].is_array()) continue;
    for (const json& finding : beat["findings"])
      table.Add({TextOf(finding, "code"), TextOf(node, "name"), TextOf(finding, "severity"),
                 TextOf(finding, "subject"), TextOf(finding, "detail")});
  }
  return table.Text();
}

std::string TaskTable(const json& status) {
  TextTable table({"TASK", "NODE", "COMMAND", "STATUS", "PROGRESS", "OUTCOME"});
  for (const json& task : status["tasks"]) {
    const std::string error = TextOf(task, "error", "");
    const std::string outcome = !error.empty()             ? error
                                : task["result"].is_null() ? "-"
                                                           : task["result"].dump();
    table.Add({TextOf(task, "id"), TextOf(task, "node"), TextOf(task, "command"),
               TextOf(task, "status"), std::to_string(task["progress"].get<std::int64_t>()) + " %",
               outcome.substr(0, 60)});
  }
  return table.Text();
}

std::string ComplaintTable(const json& status) {
  TextTable table({"TIMES", "FROM", "REFUSED OR WRONG", "LAST"});
  for (const json& complaint : status["complaints"])
    table.Add({std::to_string(complaint["count"].get<std::int64_t>()), TextOf(complaint, "node"),
               TextOf(complaint, "what"), TextOf(complaint, "last_at")});
  return table.Text();
}

}  // namespace

std::string StatusText(const json& status) {
  std::string text = "Reference control plane " + TextOf(status, "url", "(not served yet)") +
                     " at " + TextOf(status, "now") + "\n";
  if (const json& policy = status["trust_policy"]; !policy.is_null())
    text += "Trust policy: revision " + policy["revision"].dump() + ", signed by key " +
            TextOf(policy, "keyid").substr(0, kShortDigest) + "\n";
  for (const std::string& table :
       {NodeTable(status), ModuleTable(status), EvidenceTable(status), ServiceTable(status),
        FindingTable(status), TaskTable(status), ComplaintTable(status)}) {
    if (!table.empty()) text += "\n" + table;
  }
  if (status["complaints"].empty()) text += "\nNothing was refused and nothing was wrong.\n";
  return text;
}

}  // namespace powernode::platform

#include "runtime/node_report.h"

#include <algorithm>
#include <charconv>
#include <cstdlib>

#include "agent/base/clock.h"
#include "agent/base/files.h"
#include "agent/base/version.h"

namespace powernode::runtime {
namespace {

constexpr std::size_t kMaxServices = 200;  // node-api.md §8.1

LiveLayer LayerOf(const NodeReport& report, const std::string& id) {
  const auto found = report.layers.find(id);
  return found == report.layers.end() ? LiveLayer() : found->second;
}

// Whose signature held: a key, or a certificate's holder and who vouched for them.
void AddSigner(const Json& proof, Json& json) {
  if (const auto key = GetString(proof, "key_id")) json["keyid"] = *key;
  const Json* identity = GetObject(proof, "identity");
  if (identity == nullptr) return;
  if (const auto name = GetString(*identity, "san")) json["identity"] = *name;
  if (const auto issuer = GetString(*identity, "issuer")) json["issuer"] = *issuer;
}

// What was proven when the module was composed, and what the kernel says of it now (node-api.md
// §8.1).
Json EvidenceOf(const NodeReport& report, const ComposedModule& module) {
  const LiveLayer layer = LayerOf(report, module.id);
  Json evidence = {{"module_id", module.id},
                   {"digest", module.digest},
                   {"verity", layer.enforcement == mount::Enforcement::kKernel},
                   {"enforcement", mount::EnforcementName(layer.enforcement)}};
  if (layer.position > 0) evidence["layer"] = layer.position;
  if (layer.mount_id) evidence["mount_id"] = *layer.mount_id;
  if (!layer.fsverity_measured.empty()) evidence["fsverity_measured"] = layer.fsverity_measured;
  AddSigner(module.proof, evidence);
  if (!module.proof.is_null()) evidence["verification"] = module.proof;
  for (const ServiceReport& service : report.services) {
    if (service.module_id != module.id) continue;
    Json unit = {{"unit", service.state.name}, {"state", service.state.active}};
    if (!service.state.sub.empty()) unit["sub"] = service.state.sub;
    evidence["units"].push_back(std::move(unit));
  }
  return evidence;
}

// The number behind `name:` in /proc/meminfo text.
std::optional<std::int64_t> MemoryValue(std::string_view text, std::string_view name) {
  const std::size_t found = text.find(name);
  if (found == std::string_view::npos) return std::nullopt;
  const std::size_t digit = text.find_first_of("0123456789", found + name.size());
  if (digit == std::string_view::npos) return std::nullopt;
  std::int64_t value = 0;
  std::from_chars(text.data() + digit, text.data() + text.size(), value);
  return value;
}

std::optional<double> FirstNumber(const Result<std::string>& text) {
  if (!text) return std::nullopt;
  char* end = nullptr;
  const double value = std::strtod(text->c_str(), &end);
  if (end == text->c_str()) return std::nullopt;
  return value;
}

bool IsLive(const NodeReport& report, const std::string& id) {
  return std::find(report.live_ids.begin(), report.live_ids.end(), id) != report.live_ids.end();
}

Json ServicesJson(const NodeReport& report) {
  Json array = Json::array();
  for (const ServiceReport& service : report.services) {
    if (array.size() >= kMaxServices) break;
    array.push_back({{"module_id", service.module_id},
                     {"service", service.service},
                     {"state", service.state.active},
                     {"health", service.state.active == "active" ? "healthy" : "unhealthy"},
                     {"restarts", service.state.restarts}});
  }
  return array;
}

Json CompositionJson(const NodeReport& report) {
  Json json = {{"pending_reboot", report.pending_reboot}, {"attempts", report.attempts}};
  if (report.breadcrumb) {
    json["running"] = CompositionHash(report.breadcrumb->composition.modules);
    json["source"] = CompositionSourceName(report.breadcrumb->composition.source);
  }
  if (report.staged) json["staged"] = report.staged->composition;
  if (report.last_known_good)
    json["lkg"] = CompositionHash(report.last_known_good->composition.modules);
  return json;
}

Json SetJson(const SetSummary& set) {
  Json json;
  json["composition"] = set.composition;
  json["modules"] = set.modules;
  json["revision"] = set.revision;
  return json;
}

// The sets a node can be at, each with its hash and how often it was tried without a verdict.
Json SetsJson(const NodeReport& report) {
  Json sets = Json::object();
  if (report.breadcrumb) {
    Json& running = sets["running"] = SetJson(SummaryOf(report.breadcrumb->composition));
    running["source"] = CompositionSourceName(report.breadcrumb->composition.source);
    running["attempts"] = report.attempts;
  }
  if (report.staged) {
    Json& staged = sets["staged"] = SetJson(*report.staged);
    staged["attempts"] = report.staged_attempts;
  }
  if (report.last_known_good) {
    Json& good = sets["last_good"] = SetJson(SummaryOf(report.last_known_good->composition));
    good["attempts"] = 0;  // it is counted no more
    good["confirmed_at"] = FormatTime(report.last_known_good->confirmed_at);
  }
  return sets;
}

}  // namespace

SetSummary SummaryOf(const Composition& set) {
  return {.composition = CompositionHash(set.modules),
          .modules = set.modules.size(),
          .revision = set.revision};
}

std::shared_ptr<const NodeReport> ReportBoard::Get() const {
  const std::scoped_lock lock(mutex_);
  return current_;
}

Vitals MeasureVitals(const Paths& paths) {
  Vitals vitals;
  if (const auto uptime = FirstNumber(ReadFile(paths.uptime, 128)))
    vitals.uptime_seconds = static_cast<std::int64_t>(*uptime);
  vitals.load_average = FirstNumber(ReadFile(paths.load_average, 128));
  if (const Result<std::string> memory = ReadFile(paths.memory_info, 64 * 1024)) {
    vitals.memory_free_kb = MemoryValue(*memory, "MemAvailable:");
    vitals.memory_kb = MemoryValue(*memory, "MemTotal:");
  }
  return vitals;
}

Json HeartbeatBody(const NodeReport& report, const Vitals& vitals,
                   const enroll::Credentials& credentials, enroll::CredentialMode mode,
                   const Json& findings, std::int64_t now_unix) {
  Json body = {
      {"boot_id", report.boot_id},
      {"agent_version", Version()},
      {"node_mode", NodeModeName(report.mode)},
      {"composition", CompositionJson(report)},
      {"persist",
       {{"state", PersistStateName(report.persist)}, {"free_mib", report.persist_free_mib}}},
      {"auth",
       {{"mode", enroll::CredentialModeName(mode)},
        {"cert_not_after", FormatTime(credentials.not_after)}}},
      {"services", ServicesJson(report)},
      {"findings", findings}};
  if (!report.architecture.empty()) body["architecture"] = report.architecture;  // TR-9
  if (vitals.uptime_seconds) body["uptime_seconds"] = *vitals.uptime_seconds;
  if (vitals.load_average) body["load_average"] = *vitals.load_average;
  if (vitals.memory_free_kb) body["memory_free_kb"] = *vitals.memory_free_kb;
  Json capabilities = {{"kernel_version", report.kernel_release}};
  if (vitals.memory_kb) capabilities["memory_kb"] = *vitals.memory_kb;
  body["node_capabilities"] = std::move(capabilities);

  Json digests = Json::object();
  Json evidence = Json::array();
  if (report.breadcrumb) {
    for (const ComposedModule& module : report.breadcrumb->composition.modules) {
      if (!IsLive(report, module.id)) continue;
      digests[module.id] = module.digest;
      evidence.push_back(EvidenceOf(report, module));
    }
    body["boot_incomplete"] = report.breadcrumb->incomplete;
    body["booted_from_lkg"] =
        report.breadcrumb->composition.source == CompositionSource::kLastKnownGood;
  }
  body["mount_state"] = digests.empty() ? "unmounted" : "mounted";
  body["module_digests"] = std::move(digests);
  body["module_evidence"] = std::move(evidence);
  body["lkg_present"] = report.last_known_good.has_value();
  if (report.last_known_good) {
    const LastKnownGood& good = *report.last_known_good;
    body["lkg_module_count"] = good.composition.modules.size();
    body["lkg_confirmed_at"] = FormatTime(good.confirmed_at);
    if (now_unix >= good.confirmed_at) body["lkg_age_seconds"] = now_unix - good.confirmed_at;
  }
  return body;
}

Json StatusBody(const NodeReport& report, const enroll::Credentials* credentials,
                const LastHeartbeat& heartbeat, const Json& findings, std::int64_t now_unix) {
  Json body = {
      {"schema", "powernode-status"},
      {"version", 1},
      {"written_at", FormatTime(now_unix)},
      {"mode", NodeModeName(report.mode)},
      {"boot_id", report.boot_id},
      {"composition", CompositionJson(report)},
      {"sets", SetsJson(report)},
      {"persist",
       {{"state", PersistStateName(report.persist)}, {"free_mib", report.persist_free_mib}}},
      {"gate", report.gate},
      {"findings", findings}};
  Json modules = Json::array();
  if (report.breadcrumb) {
    for (const ComposedModule& module : report.breadcrumb->composition.modules) {
      Json services = Json::array();
      for (const ServiceReport& service : report.services)
        if (service.module_id == module.id)
          services.push_back({{"name", service.service}, {"state", service.state.active}});
      const LiveLayer layer = LayerOf(report, module.id);
      const bool live = IsLive(report, module.id);
      modules.push_back({{"id", module.id},
                         {"name", module.name},
                         {"priority", module.effective_priority},
                         {"digest", module.digest},
                         {"layer", live ? "mounted" : "missing"},
                         {"enforcement", live ? mount::EnforcementName(layer.enforcement) : "-"},
                         {"position", layer.position},
                         {"key_id", GetString(module.proof, "key_id").value_or("")},
                         {"verification", module.proof},
                         {"services", std::move(services)}});
    }
  }
  body["modules"] = std::move(modules);
  if (credentials != nullptr)
    body["auth"] = {{"instance_id", credentials->instance_id},
                    {"platform", credentials->platform.ToString()},
                    {"cert_not_after", FormatTime(credentials->not_after)},
                    {"generation", credentials->generation}};
  if (!report.claim_code.empty())
    body["claim"] = {{"code", report.claim_code}, {"url", report.claim_url}};
  if (heartbeat.at > 0) body["last_heartbeat"] = FormatTime(heartbeat.at);
  if (!heartbeat.error.empty()) body["heartbeat_error"] = heartbeat.error;
  return body;
}

}  // namespace powernode::runtime

#include "identity/identity.h"

#include "agent/base/clock.h"
#include "agent/base/sha256.h"

namespace powernode::identity {
namespace {

Json ErrorsJson(const std::vector<Error>& errors) {
  Json out = Json::array();
  for (const Error& error : errors)
    out.push_back({{"code", error.code()}, {"text", error.message()}});
  return out;
}

Json ReadingJson(const Reading& reading) {
  const Record& record = reading.record;
  Json values = Json::object();
  if (record.instance_uuid) values["instance_uuid"] = *record.instance_uuid;
  if (record.platform) values["platform_url"] = record.platform->ToString();
  if (record.ca_pem) values["ca_sha256"] = Sha256Hex(*record.ca_pem);
  if (record.bootstrap_token) values["bootstrap_token"] = record.bootstrap_token->Masked();
  if (record.instance_name) values["instance_name"] = *record.instance_name;
  return {{"source", reading.source},
          {"place", reading.place},
          {"found", record.found},
          {"values", std::move(values)},
          {"problems", ErrorsJson(record.problems)},
          {"read_at", FormatTime(reading.read_at)},
          {"duration_ms", reading.duration.count()}};
}

Json IdentityJson(const Identity& identity) {
  Json out = {{"instance_uuid", identity.instance_uuid},
              {"platform_url", identity.platform.ToString()},
              {"ca_sha256", Sha256Hex(identity.ca_pem)},
              {"enrolled", identity.enrolled}};
  Json from = {{"instance_uuid", identity.instance_uuid_from.source},
               {"platform_url", identity.platform_from.source},
               {"ca_pem", identity.ca_from.source}};
  if (identity.bootstrap_token) {
    out["bootstrap_token"] = identity.bootstrap_token->Masked();
    from["bootstrap_token"] = identity.token_from.source;
  }
  if (!identity.instance_name.empty()) out["instance_name"] = identity.instance_name;
  out["from"] = std::move(from);
  return out;
}

}  // namespace

Json ReportJson(const Resolution& resolution) {
  Json sources = Json::array();
  for (const Reading& reading : resolution.readings) sources.push_back(ReadingJson(reading));
  Json out = {{"sources", std::move(sources)}, {"findings", ErrorsJson(resolution.findings)}};
  if (resolution.identity)
    out["identity"] = IdentityJson(*resolution.identity);
  else
    out["error"] = {{"code", resolution.identity.error().code()},
                    {"text", resolution.identity.error().message()}};
  return out;
}

}  // namespace powernode::identity

#include "identity/identity.h"

#include <array>
#include <optional>

#include "agent/base/clock.h"
#include "agent/base/sha256.h"

namespace powernode::identity {
namespace {

constexpr std::array kFields = {Field::kInstanceUuid, Field::kPlatform, Field::kCa, Field::kToken,
                                Field::kInstanceName};

Json ErrorsJson(const std::vector<Error>& errors) {
  Json out = Json::array();
  for (const Error& error : errors)
    out.push_back({{"code", error.code()}, {"text", error.message()}});
  return out;
}

// nullopt: the record has none. The token only masked, a CA by its digest.
std::optional<std::string> Shown(const Record& record, Field field) {
  switch (field) {
    case Field::kInstanceUuid:
      return record.instance_uuid;
    case Field::kPlatform:
      if (record.platform) return record.platform->ToString();
      break;
    case Field::kCa:
      if (record.ca_pem) return "sha256 " + Sha256Hex(*record.ca_pem);
      break;
    case Field::kToken:
      if (record.bootstrap_token) return record.bootstrap_token->Masked();
      break;
    case Field::kInstanceName:
      return record.instance_name;
  }
  return std::nullopt;
}

Json ReadingJson(const Reading& reading) {
  const Record& record = reading.record;
  Json values = Json::object();
  for (const Field field : kFields)
    if (std::optional<std::string> value = Shown(record, field))
      values[std::string(FieldName(field))] = *std::move(value);
  return {{"source", reading.source},
          {"place", reading.place},
          {"found", record.found},
          {"values", std::move(values)},
          {"note", record.note},
          {"problems", ErrorsJson(record.problems)},
          {"read_at", FormatTime(reading.read_at)},
          {"duration_ms", reading.duration.count()}};
}

// For each field what every source said, the first one first, and what became of it.
Json FieldsJson(const Resolution& resolution) {
  Json fields = Json::object();
  for (const Offer& offer : resolution.offers) {
    const Reading& reading = resolution.readings[offer.reading];
    fields[std::string(FieldName(offer.field))].push_back(
        {{"source", reading.source},
         {"value", Shown(reading.record, offer.field).value_or("")},
         {"taken", offer.fate == Fate::kTaken},
         {"outcome", FateText(offer.fate)}});
  }
  return fields;
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
  Json out = {{"sources", std::move(sources)},
              {"fields", FieldsJson(resolution)},
              {"findings", ErrorsJson(resolution.findings)}};
  if (resolution.identity)
    out["identity"] = IdentityJson(*resolution.identity);
  else
    out["error"] = {{"code", resolution.identity.error().code()},
                    {"text", resolution.identity.error().message()}};
  return out;
}

}  // namespace powernode::identity

#include "identity/identity.h"

#include <algorithm>

#include "agent/base/files.h"
#include "identity/ca_text.h"
#include "identity/merge.h"
#include "identity/missing.h"

namespace powernode::identity {
namespace {

constexpr std::chrono::seconds kReadingBudget{30};  // I5

Reading TimedReading(const SourceContext& context, const Source& source) {
  const std::chrono::milliseconds started = context.clock->Monotonic();
  Reading reading{.source = std::string(source.name),
                  .place = source.place(context),
                  .record = source.read(context),
                  .read_at = context.clock->UnixSeconds()};
  reading.duration = context.clock->Monotonic() - started;
  return reading;
}

// What agent.conf and the image give when no source does: the URL first, then the CA (I4).
std::vector<Reading> Defaults(const SourceContext& context) {
  std::vector<Reading> out;
  const std::int64_t now = context.clock->UnixSeconds();
  auto add = [&](std::string source, const std::string& ca_file) -> Record& {
    out.push_back({.source = std::move(source), .place = ca_file, .record = {}, .read_at = now});
    Record& record = out.back().record;
    const Result<std::string> ca = ReadFile(ca_file, kMaxCaBytes);
    record.found = ca.ok();
    if (ca) SetCaPem(record, ca_file, *ca);
    return record;
  };
  if (!context.default_platform_url.empty() || !context.default_ca_file.empty())
    SetPlatformUrl(add("agent-conf", context.default_ca_file), "platform_url",
                   context.default_platform_url);
  add("image", context.paths.image_ca);
  return out;
}

std::vector<Reading> ReadAll(const SourceContext& context) {
  std::vector<Reading> readings;
  if (context.given) {
    readings.push_back({.source = "flags",
                        .place = "command line of the agent",
                        .record = *context.given,
                        .read_at = context.clock->UnixSeconds()});
    readings.back().record.found = true;
  }
  const std::chrono::milliseconds deadline = context.clock->Monotonic() + kReadingBudget;
  for (const Source& source : Sources()) {
    if (context.stop.stop_requested() || context.clock->Monotonic() > deadline) break;
    readings.push_back(TimedReading(context, source));
  }
  for (Reading& reading : Defaults(context)) readings.push_back(std::move(reading));
  return readings;
}

Identity StoredAsIdentity(const StoredIdentity& stored, const Draft& draft, std::int64_t now) {
  const Provenance from{.source = "stored", .read_at = now};
  const bool same = draft.instance_uuid && draft.instance_uuid->value == stored.instance_uuid;
  return {.instance_uuid = stored.instance_uuid,
          .platform = stored.platform,
          .ca_pem = stored.ca_pem,
          .bootstrap_token = std::nullopt,
          .instance_name = same && draft.instance_name ? draft.instance_name->value : "",
          .enrolled = true,
          .instance_uuid_from = from,
          .platform_from = from,
          .ca_from = from,
          .token_from = {}};
}

Identity Complete(const Draft& draft) {
  return {.instance_uuid = draft.instance_uuid->value,
          .platform = draft.platform->value,
          .ca_pem = draft.ca_pem->value,
          .bootstrap_token = draft.bootstrap_token->value,
          .instance_name = draft.instance_name ? draft.instance_name->value : "",
          .enrolled = false,
          .instance_uuid_from = draft.instance_uuid->from,
          .platform_from = draft.platform->from,
          .ca_from = draft.ca_pem->from,
          .token_from = draft.bootstrap_token->from};
}

// A stored set whose certificate cannot be used still knows where the platform is: last of all
// sources.
Reading AsReading(const StoredIdentity& stored, std::int64_t now) {
  Reading reading{.source = "stored", .place = "PKI store", .record = {}, .read_at = now};
  reading.record.found = true;
  reading.record.instance_uuid = stored.instance_uuid;
  reading.record.platform = stored.platform;
  reading.record.ca_pem = stored.ca_pem;
  return reading;
}

Error Conflict(const StoredIdentity& stored, const Draft& draft) {
  return Error(ErrorKind::kRefused, "identity_conflict",
               draft.instance_uuid->from.source + " says this node is " +
                   draft.instance_uuid->value + ", but it is enrolled as " + stored.instance_uuid +
                   " and stays that: to become the other one it needs a complete identity with a "
                   "bootstrap token");
}

}  // namespace

Resolution Resolve(const SourceContext& context) {
  const std::int64_t now = context.clock->UnixSeconds();
  std::vector<Reading> readings = ReadAll(context);
  const bool usable = context.stored && context.stored->usable;
  if (context.stored && !usable) readings.push_back(AsReading(*context.stored, now));

  const Draft draft = Merge(readings);
  std::optional<Error> missing = WhatIsMissing(draft, readings);
  if (usable) {
    const bool other =
        draft.instance_uuid && draft.instance_uuid->value != context.stored->instance_uuid;
    if (!other || missing) {  // I1, I7
      std::vector<Error> findings;
      if (other) findings.push_back(Conflict(*context.stored, draft));
      return {StoredAsIdentity(*context.stored, draft, now), std::move(readings),
              std::move(findings)};
    }
  }
  if (missing) return {*std::move(missing), std::move(readings), {}};
  return {Complete(draft), std::move(readings), {}};
}

}  // namespace powernode::identity

#include "identity/read_sources.h"

#include "agent/base/files.h"
#include "identity/ca_text.h"
#include "identity/cloud.h"
#include "identity/merge.h"

namespace powernode::identity {
namespace {

constexpr std::chrono::seconds kReadingBudget{30};  // I5

Reading Read(const SourceContext& context, const Source& source) {
  const std::chrono::milliseconds started = context.clock->Monotonic();
  Reading reading{.source = std::string(source.name),
                  .place = source.place(context),
                  .record = source.read(context),
                  .read_at = context.clock->UnixSeconds()};
  reading.duration = context.clock->Monotonic() - started;
  return reading;
}

Reading Skipped(const SourceContext& context, const Source& source) {
  Reading reading{.source = std::string(source.name),
                  .place = source.place(context),
                  .record = {},
                  .read_at = context.clock->UnixSeconds()};
  reading.record.note = "not read: the identity is complete without it";
  return reading;
}

void ReadTable(const SourceContext& context, std::vector<Reading>& readings) {
  const std::chrono::milliseconds deadline = context.clock->Monotonic() + kReadingBudget;
  for (const Source& source : Sources()) {
    if (context.stop.stop_requested() || context.clock->Monotonic() > deadline) break;
    const bool needed = source.effort == Effort::kFiles || !Merge(readings).IsComplete();
    readings.push_back(needed ? Read(context, source) : Skipped(context, source));
  }
}

// What agent.conf and the image give when no source does: the URL first, then the CA (I4).
void AddDefaults(const SourceContext& context, std::vector<Reading>& readings) {
  const std::int64_t now = context.clock->UnixSeconds();
  auto add = [&](std::string source, const std::string& ca_file) -> Record& {
    readings.push_back(
        {.source = std::move(source), .place = ca_file, .record = {}, .read_at = now});
    Record& record = readings.back().record;
    const Result<std::string> ca = ReadFile(ca_file, kMaxCaBytes);
    record.found = ca.ok();
    if (ca) SetCaPem(record, ca_file, *ca);
    return record;
  };
  const SourceSettings& settings = context.settings;
  if (!settings.platform_url.empty() || !settings.ca_file.empty())
    SetPlatformUrl(add("agent-conf", settings.ca_file), "platform_url", settings.platform_url);
  add("image", context.paths.image_ca);
}

// A stored set whose certificate cannot be used still knows where the platform is.
void AddStored(const SourceContext& context, std::vector<Reading>& readings) {
  if (!context.stored || context.stored->usable) return;
  readings.push_back({.source = "stored",
                      .place = "PKI store",
                      .record = {},
                      .read_at = context.clock->UnixSeconds()});
  Record& record = readings.back().record;
  record.found = true;
  record.instance_uuid = context.stored->instance_uuid;
  record.platform = context.stored->platform;
  record.ca_pem = context.stored->ca_pem;
}

// Whoever answers at the metadata address can say anything: clouds come last, so that they override
// nothing, and are not asked about an identity that stands (I3, I7).
void AddClouds(const SourceContext& context, std::vector<Reading>& readings) {
  const char* unasked = nullptr;
  if (context.stored && context.stored->usable)
    unasked = "not asked: this node is enrolled";
  else if (Merge(readings).IsComplete())
    unasked = "not asked: the identity is complete without it";
  else if (!context.plain_http || context.stop.stop_requested())
    unasked = "not asked";
  if (unasked == nullptr) {
    for (Reading& reading : AskClouds(context)) readings.push_back(std::move(reading));
    return;
  }
  readings.push_back({.source = "cloud",
                      .place = "metadata service",
                      .record = {},
                      .read_at = context.clock->UnixSeconds()});
  readings.back().record.note = unasked;
}

}  // namespace

std::vector<Reading> ReadSources(const SourceContext& context) {
  std::vector<Reading> readings;
  if (context.given) {
    readings.push_back({.source = "flags",
                        .place = "command line of the agent",
                        .record = *context.given,
                        .read_at = context.clock->UnixSeconds()});
    readings.back().record.found = true;
  }
  ReadTable(context, readings);
  AddDefaults(context, readings);
  AddStored(context, readings);
  AddClouds(context, readings);
  return readings;
}

}  // namespace powernode::identity

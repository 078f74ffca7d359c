// Verbs about the control plane itself: what it knows, its clock, its settings.
#include "tests/platform/status_view.h"
#include "tests/platform/verbs.h"

namespace powernode::platform {
namespace {

struct NumberSetting {
  const char* name;
  std::int64_t Settings::*member;
  std::int64_t least;
};

constexpr NumberSetting kNumbers[] = {
    {"next_poll_seconds", &Settings::next_poll_seconds, 1},
    {"leaf_lifetime_seconds", &Settings::leaf_lifetime_seconds, 1},
    {"refresh_grace_seconds", &Settings::refresh_grace_seconds, 0},
    {"bearer_lifetime_seconds", &Settings::bearer_lifetime_seconds, 1},
    {"claims_per_minute", &Settings::claims_per_minute, 0},
    {"claim_proof_grace_seconds", &Settings::claim_proof_grace_seconds, 0},
};

}  // namespace

Result<json> ShowState(VerbContext& context, const json&) { return StatusView(context.state); }

// `time` sets the clock, `advance` moves it by seconds; without either it follows the machine
// again.
Result<json> SetClock(VerbContext& context, const json& arguments) {
  Settings& settings = context.state.settings;
  if (arguments.contains("time")) {
    const auto time = ParseTime(arguments["time"].get<std::string>());
    if (!time)
      return Error(ErrorKind::kInvalid, "bad_argument",
                   "the time is not of the form 2026-05-20T10:00:00Z");
    settings.clock_offset = *time - MachineTime();
  } else if (arguments.contains("advance")) {
    settings.clock_offset += arguments["advance"].get<Seconds>();
  } else {
    settings.clock_offset = 0;
  }
  return json{{"now", FormatTime(context.state.Now())}};
}

// Changes the settings that are named and returns all of them.
Result<json> SetSetting(VerbContext& context, const json& arguments) {
  Settings changed = context.state.settings;
  changed.platform_url = arguments.value("platform_url", changed.platform_url);
  json result = {{"platform_url", changed.platform_url}};
  for (const auto& [name, member, least] : kNumbers) {
    changed.*member = arguments.value(name, changed.*member);
    if (changed.*member < least)
      return Error(ErrorKind::kInvalid, "bad_argument",
                   std::string(name) + " is at least " + std::to_string(least));
    result[name] = changed.*member;
  }
  context.state.settings = std::move(changed);
  return result;
}

}  // namespace powernode::platform

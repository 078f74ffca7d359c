// Verbs about the control plane itself: what it knows, its clock, its settings.
#include "tests/platform/status_view.h"
#include "tests/platform/verbs.h"

namespace powernode::platform {

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

Result<json> SetSetting(VerbContext& context, const json& arguments) {
  Settings& settings = context.state.settings;
  settings.next_poll_seconds = arguments.value("next_poll_seconds", settings.next_poll_seconds);
  settings.leaf_lifetime_seconds =
      arguments.value("leaf_lifetime_seconds", settings.leaf_lifetime_seconds);
  settings.platform_url = arguments.value("platform_url", settings.platform_url);
  return json{{"next_poll_seconds", settings.next_poll_seconds},
              {"leaf_lifetime_seconds", settings.leaf_lifetime_seconds},
              {"platform_url", settings.platform_url}};
}

}  // namespace powernode::platform

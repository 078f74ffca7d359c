// `status`, `requests`, `clock` and `set`
#include <fstream>
#include <iostream>
#include <memory>

#include "tests/platform/command_line.h"
#include "tests/platform/control.h"
#include "tests/platform/status_view.h"

namespace powernode::platform {
namespace {

struct ViewOptions {
  bool as_json = false;
  std::string time;
  std::int64_t advance = 0;
  json settings = json::object();
};

Status RunStatus(const CommandLine& line, const ViewOptions& given) {
  if (given.as_json) return PrintVerb(line, "status", json::object());
  ASSIGN_OR_RETURN(const json status, RunOnState(line.directory, "status", json::object()));
  std::cout << StatusText(status);
  return Ok();
}

Status RunRequests(const CommandLine& line) {
  std::ifstream record(line.directory.requests());
  if (record.peek() != std::ifstream::traits_type::eof()) std::cout << record.rdbuf();
  return Ok();
}

Status RunClock(const CommandLine& line, const ViewOptions& given) {
  json arguments = json::object();
  if (!given.time.empty()) arguments["time"] = given.time;
  if (given.advance != 0) arguments["advance"] = given.advance;
  return PrintVerb(line, "clock", arguments);
}

struct NumberOption {
  const char* option;
  const char* setting;
  const char* help;
};

constexpr NumberOption kNumberOptions[] = {
    {"--next-poll", "next_poll_seconds", "seconds that heartbeats ask nodes to wait"},
    {"--leaf-lifetime", "leaf_lifetime_seconds", "seconds that new certificates are valid"},
    {"--refresh-grace", "refresh_grace_seconds",
     "seconds after its end that a certificate may still be refreshed; 0 for none"},
    {"--bearer-lifetime", "bearer_lifetime_seconds", "seconds that new instance tokens are valid"},
    {"--claims-per-minute", "claims_per_minute", "claims that one address may send"},
    {"--claim-proof-grace", "claim_proof_grace_seconds",
     "seconds after its end that a certificate proves who a device is"},
};

}  // namespace

void AddViewCommands(CLI::App& app, CommandLine& line) {
  auto given = std::make_shared<ViewOptions>();
  CLI::App* status =
      app.add_subcommand("status", "nodes, modules, tasks, and what was refused or wrong");
  status->add_flag("--json", given->as_json, "everything, for programs");
  status->callback(
      [given, &line] { line.run = [given, &line] { return RunStatus(line, *given); }; });

  CLI::App* requests =
      app.add_subcommand("requests", "every request so far, one JSON object a line");
  requests->callback([&line] { line.run = [&line] { return RunRequests(line); }; });

  CLI::App* clock = app.add_subcommand(
      "clock", "set the control plane's clock; back to the machine's without options");
  CLI::Option* time = clock->add_option("--time", given->time, "as in 2026-05-20T10:00:00Z");
  clock->add_option("--advance", given->advance, "seconds to move it by")->excludes(time);
  clock->callback([given, &line] { line.run = [given, &line] { return RunClock(line, *given); }; });

  CLI::App* set = app.add_subcommand("set", "change how it behaves; prints the settings");
  for (const NumberOption& number : kNumberOptions) {
    set->add_option_function<std::int64_t>(
        number.option,
        [given, name = number.setting](std::int64_t value) { given->settings[name] = value; },
        number.help);
  }
  set->callback([given, &line] {
    line.run = [given, &line] { return PrintVerb(line, "set", given->settings); };
  });
}

}  // namespace powernode::platform

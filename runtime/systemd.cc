#include "runtime/systemd.h"

#include <charconv>

namespace powernode::runtime {
namespace {

constexpr const char* kSystemctl = "/usr/bin/systemctl";

std::string FirstLine(const std::string& text) { return text.substr(0, text.find('\n')); }

}  // namespace

Status Systemd::Reload() {
  ASSIGN_OR_RETURN(const ProcessOutcome outcome,
                   runner_.Run({kSystemctl, "daemon-reload"}, kPatience));
  if (outcome.exit_code != 0)
    return Error(ErrorKind::kSystem, "systemd_failed",
                 "systemctl daemon-reload: " + FirstLine(outcome.output));
  return Ok();
}

Status Systemd::StartUnits(const std::vector<std::string>& units) { return Act("start", units); }
Status Systemd::RestartUnits(const std::vector<std::string>& units) {
  return Act("restart", units);
}
Status Systemd::StopUnits(const std::vector<std::string>& units) { return Act("stop", units); }

Status Systemd::Act(const std::string& verb, const std::vector<std::string>& units,
                    std::stop_token stop, std::chrono::milliseconds patience) {
  if (units.empty()) return Ok();
  std::vector<std::string> argv{kSystemctl, verb, "--"};
  argv.insert(argv.end(), units.begin(), units.end());
  ASSIGN_OR_RETURN(const ProcessOutcome outcome, runner_.Run(argv, patience, std::move(stop)));
  if (outcome.exit_code != 0)
    return Error(ErrorKind::kSystem, "unit_failed",
                 "systemctl " + verb + ": " + FirstLine(outcome.output));
  return Ok();
}

Status Systemd::GoDown(const std::string& how) {
  ASSIGN_OR_RETURN(const ProcessOutcome outcome,
                   runner_.Run({kSystemctl, "--no-wall", how}, kPatience));
  if (outcome.exit_code != 0)
    return Error(ErrorKind::kSystem, "systemd_failed",
                 "systemctl " + how + ": " + FirstLine(outcome.output));
  return Ok();
}

Result<std::vector<UnitState>> Systemd::ShowUnits(const std::vector<std::string>& units) {
  if (units.empty()) return std::vector<UnitState>();
  std::vector<std::string> argv{kSystemctl, "show",
                                "--property=Id,ActiveState,SubState,NRestarts,MainPID", "--"};
  argv.insert(argv.end(), units.begin(), units.end());
  ASSIGN_OR_RETURN(const ProcessOutcome outcome, runner_.Run(argv, kPatience));
  if (outcome.exit_code != 0)
    return Error(ErrorKind::kCannotTell, "systemd_failed",
                 "systemctl show: " + FirstLine(outcome.output));
  return ParseUnitStates(outcome.output);
}

Result<std::string> Systemd::SystemState() {
  ASSIGN_OR_RETURN(const ProcessOutcome outcome,
                   runner_.Run({kSystemctl, "is-system-running"}, kPatience));
  return FirstLine(outcome.output);  // its exit status only repeats the word
}

std::vector<UnitState> ParseUnitStates(std::string_view output) {
  std::vector<UnitState> states;
  UnitState current;
  const auto finish = [&] {
    if (!current.name.empty()) states.push_back(std::move(current));
    current = {};
  };
  while (!output.empty()) {
    const std::size_t newline = output.find('\n');
    const std::string_view line = output.substr(0, newline);
    output.remove_prefix(newline == std::string_view::npos ? output.size() : newline + 1);
    const std::size_t equals = line.find('=');
    if (line.empty()) finish();
    if (equals == std::string_view::npos) continue;
    const std::string_view key = line.substr(0, equals);
    const std::string_view value = line.substr(equals + 1);
    if (key == "Id") current.name = value;
    if (key == "ActiveState") current.active = value;
    if (key == "SubState") current.sub = value;
    if (key == "NRestarts")
      std::from_chars(value.data(), value.data() + value.size(), current.restarts);
    if (key == "MainPID")
      std::from_chars(value.data(), value.data() + value.size(), current.main_pid);
  }
  finish();
  return states;
}

}  // namespace powernode::runtime

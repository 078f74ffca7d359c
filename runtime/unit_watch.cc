#include "runtime/unit_watch.h"

#include <algorithm>
#include <optional>

namespace powernode::runtime {
namespace {

constexpr std::chrono::milliseconds kPatience{10'000};
constexpr std::chrono::milliseconds kBetweenLooks{500};
constexpr std::chrono::milliseconds kSettle{2'000};

// The first of `units` that is not active.
Result<std::optional<UnitState>> FirstInactive(Systemd& systemd,
                                               const std::vector<std::string>& units) {
  ASSIGN_OR_RETURN(const std::vector<UnitState> states, systemd.ShowUnits(units));
  for (const std::string& unit : units) {
    const auto state = std::ranges::find(states, unit, &UnitState::name);
    if (state == states.end())
      return std::optional(UnitState{.name = unit, .active = "unknown", .sub = "unknown"});
    if (state->active != "active") return std::optional(*state);
  }
  return std::optional<UnitState>();
}

}  // namespace

Result<std::vector<std::string>> ActiveUnits(Systemd& systemd,
                                             const std::vector<std::string>& units) {
  ASSIGN_OR_RETURN(const std::vector<UnitState> states, systemd.ShowUnits(units));
  std::vector<std::string> active;
  for (const UnitState& state : states)
    if (state.active == "active") active.push_back(state.name);
  return active;
}

Status AwaitUnits(Systemd& systemd, const std::vector<std::string>& units, Clock& clock,
                  std::stop_token stop) {
  if (units.empty()) return Ok();
  const std::chrono::milliseconds deadline = clock.Monotonic() + kPatience;
  ASSIGN_OR_RETURN(std::optional<UnitState> inactive, FirstInactive(systemd, units));
  while (inactive && clock.Monotonic() < deadline) {
    if (!clock.Sleep(kBetweenLooks, stop)) return Ok();
    ASSIGN_OR_RETURN(inactive, FirstInactive(systemd, units));
  }
  if (!inactive) {
    if (!clock.Sleep(kSettle, stop)) return Ok();
    ASSIGN_OR_RETURN(inactive, FirstInactive(systemd, units));
  }
  if (!inactive) return Ok();
  return Error(ErrorKind::kSystem, std::string(kUnitDidNotComeBack),
               inactive->name + " ran before the change and is " + inactive->active + " (" +
                   inactive->sub + ") after it; `journalctl -u " + inactive->name + "` says why");
}

}  // namespace powernode::runtime

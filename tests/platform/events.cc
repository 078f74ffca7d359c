// POST fleet/events (node-api.md §15). Valid events are kept, invalid ones are skipped and
// complained about.
#include <algorithm>

#include "tests/platform/routes.h"

namespace powernode::platform {
namespace {

constexpr std::size_t kMaxBatch = 100;
constexpr std::size_t kKept = 500;
constexpr std::string_view kSeverities[] = {"low", "medium", "high", "critical"};

bool IsSeverity(const std::string& word) {
  return std::find(std::begin(kSeverities), std::end(kSeverities), word) != std::end(kSeverities);
}

bool Keep(Call& call, const json& event) {
  const auto text = [&event](const char* member) {
    const auto found = event.find(member);
    return found != event.end() && found->is_string() ? found->get<std::string>() : std::string();
  };
  if (!event.is_object() || text("kind").empty() || !IsSeverity(text("severity"))) return false;
  if (event.contains("payload") && !event["payload"].is_object()) return false;
  call.state.events.push_back({.node_id = call.node->id,
                               .at = call.now,
                               .kind = text("kind"),
                               .severity = text("severity"),
                               .payload = event.value("payload", json::object())});
  return true;
}

}  // namespace

Answer TakeEvents(Call& call) {
  const auto events = call.body.find("events");
  if (events == call.body.end() || !events->is_array() || events->empty())
    return Failure(422, "events is required", "VALIDATION_ERROR");
  if (events->size() > kMaxBatch) return Failure(413, "more than 100 events", "TOO_LARGE");
  std::size_t written = 0;
  for (const json& event : *events) {
    if (Keep(call, event)) {
      ++written;
    } else {
      call.Complain("an event lacks a kind or a known severity, or its payload is no object");
    }
  }
  std::vector<Event>& kept = call.state.events;
  if (kept.size() > kKept)
    kept.erase(kept.begin(), kept.end() - static_cast<std::ptrdiff_t>(kKept));
  call.changed = true;
  return Success({{"written", written}, {"requested", events->size()}});
}

}  // namespace powernode::platform

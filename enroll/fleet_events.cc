#include "enroll/fleet_events.h"

namespace powernode::enroll {

Result<std::int64_t> SendEvents(Session& session, const Json& events, std::stop_token stop) {
  const ApiCall call{.path = "fleet/events",
                     .body = Json{{"events", events}},
                     .lane = LaneName::kTask,
                     .repeatable = Repeatable::kByKey};
  ASSIGN_OR_RETURN_CONTEXT(const Json data, session.Call(call, stop), "send events");
  return GetInt(data, "written").value_or(static_cast<std::int64_t>(events.size()));
}

}  // namespace powernode::enroll

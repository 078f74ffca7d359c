// What happened on this node, kept on the persist file system until the platform has been told
// (node-files.md §5.6, node-api.md §15). Anybody may add to it: the boot, each loop of the service,
// a command; a lock file keeps them apart, and no object has to be handed around.
//
// The file is a ring of 1 MiB: when it is full the least severe go first, and of these the oldest.
// Each record has its length and a checksum in front, so that a cut loses at most the record that
// was being written.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "agent/base/json.h"
#include "agent/base/paths.h"
#include "agent/base/result.h"
#include "runtime/findings.h"

namespace powernode::runtime {

struct FleetEvent {
  std::string_view kind;  // "boot.composed"
  Severity severity = Severity::kLow;
  Json payload = Json::object();  // never a secret
};

// Best effort for most callers: an event that cannot be kept stops nothing.
Status SpoolEvent(const Paths& paths, const FleetEvent& event, std::int64_t now_unix);

// The oldest ones, as many as one call may carry; an empty array when there are none.
Result<Json> NextEvents(const Paths& paths);

// Forgets these, once they are delivered.
Status DropEvents(const Paths& paths, const Json& events);

}  // namespace powernode::runtime

// Every state file of runtime/ (node-files.md §5), in one place: its path, its format, the version
// that this agent writes. Each is read and written by the file that is named after it.
#pragma once

#include <string>
#include <vector>

#include "agent/base/paths.h"
#include "agent/base/result.h"
#include "agent/base/state_file.h"

namespace powernode::runtime {

inline StateFile BreadcrumbFile(const Paths& paths) {
  return {.path = paths.composed, .format = "powernode-composed"};
}
inline StateFile LastBootFile(const Paths& paths) {
  return {.path = paths.compose_state + "/last-boot.json", .format = "powernode-composed"};
}
inline StateFile LastKnownGoodFile(const Paths& paths) {
  return {.path = paths.compose_state + "/lkg.json", .format = "powernode-lkg"};
}
inline StateFile FormerGoodFile(const Paths& paths) {
  return {.path = paths.compose_state + "/lkg.prev.json", .format = "powernode-lkg"};
}
inline StateFile StagedFile(const Paths& paths) {
  return {.path = paths.compose_state + "/staged.json", .format = "powernode-staged"};
}
inline StateFile AttemptsFile(const Paths& paths) {
  return {.path = paths.compose_state + "/attempts.json", .format = "powernode-attempts"};
}
inline StateFile RevisionsFile(const Paths& paths) {
  return {.path = paths.agent_state + "/revisions.json", .format = "powernode-revisions"};
}
inline StateFile TrustFile(const Paths& paths) {
  return {.path = paths.agent_state + "/trust.json", .format = "powernode-trust"};
}
inline StateFile ClockFile(const Paths& paths) {
  return {.path = paths.agent_state + "/clock.json", .format = "powernode-clock"};
}
inline StateFile TasksFile(const Paths& paths) {
  return {.path = paths.agent_state + "/tasks.json", .format = "powernode-tasks"};
}
inline StateFile KeysFile(const Paths& paths) {
  return {.path = paths.agent_state + "/keys.json", .format = "powernode-keys"};
}
inline StateFile ClaimFile(const Paths& paths) {
  return {.path = paths.agent_state + "/claim.json", .format = "powernode-claim-state"};
}

// Those that outlive a boot, but for the task journal: whoever opens that has to know whether it
// was whole (task_journal.h).
std::vector<StateFile> KeptStateFiles(const Paths& paths);

struct StateProblem {
  std::string file;  // its name
  Error error;       // "state_corrupt", "state_newer", or why it could not be read
};

// At a start: sets corrupt files aside, so that their readers begin anew or with the former one,
// and removes what writers that were cut off have left an hour ago or earlier.
std::vector<StateProblem> CheckStateFiles(const Paths& paths, std::int64_t now_unix);

}  // namespace powernode::runtime

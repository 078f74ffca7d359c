// Tasks as a node sees them (node-api.md §9.1).
#pragma once

#include <vector>

#include "tests/platform/state.h"

namespace powernode::platform {

// Pending, acknowledged and running ones, oldest first.
std::vector<const Task*> OpenTasksOf(const State& state, const Node& node);

json ShortTask(const Task& task);  // id, command, status, progress, created_at
json PlainTask(const Task& task);  // as older servers show it
json TaskView(const Task& task);   // with the members of the extension task-lease
json LeaseView(const Task& task);

bool IsFinished(const Task& task);

}  // namespace powernode::platform

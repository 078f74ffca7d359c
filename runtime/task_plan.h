// The next step with a task that the platform lists: a pure function of what is listed and what the
// journal says (node-api.md §9.3, §9.5). It is what keeps a task from being done twice, and one
// that may be repeated from being left half done, wherever the node was cut off.
#pragma once

#include "enroll/task.h"
#include "runtime/task_journal.h"

namespace powernode::runtime {

enum class TaskStep {
  kLeave,      // somebody else's, or done here already
  kTake,       // acknowledge it, again under the attempt of the journal if there is one
  kRun,        // acknowledged in an answer that was lost, by a server without leases: repeat it
  kInterrupt,  // likewise, but it may be done only once: say that it was not
  kForget      // nothing was done, and it is not ours (any more)
};

TaskStep NextTaskStep(const enroll::Task& listed, const TaskEntry* known);

}  // namespace powernode::runtime

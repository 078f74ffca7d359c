#include "runtime/task_plan.h"

namespace powernode::runtime {

TaskStep NextTaskStep(const enroll::Task& listed, const TaskEntry* known) {
  if (known == nullptr)
    return listed.status == enroll::TaskStatus::kPending ? TaskStep::kTake : TaskStep::kLeave;
  if (known->state != TaskState::kOffered) return TaskStep::kLeave;
  switch (listed.status) {
    case enroll::TaskStatus::kPending:
      return TaskStep::kTake;
    case enroll::TaskStatus::kTaken:
      if (listed.lease_holder == known->attempt_id) return TaskStep::kTake;
      if (!listed.lease_holder.empty()) return TaskStep::kForget;
      return known->task_class == TaskClass::kRepeat ? TaskStep::kRun : TaskStep::kInterrupt;
    case enroll::TaskStatus::kOver:
      return TaskStep::kForget;
    case enroll::TaskStatus::kUnknown:
      break;
  }
  return TaskStep::kLeave;
}

}  // namespace powernode::runtime

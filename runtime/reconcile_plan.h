// What would have to change to get from the running set to the wanted one: a pure function from two
// sets to named steps, printed by `update` and carried out by whoever may.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "agent/base/json.h"
#include "runtime/composition.h"

namespace powernode::runtime {

enum class StepKind { kAdd, kRemove, kUpdate, kReorder, kManifest };
std::string_view StepKindName(StepKind kind);  // "add", "remove", "update", "reorder", "manifest"

struct PlanStep {
  StepKind kind;
  std::string id;
  std::string name;
  std::string detail;  // "sha256:ab12… -> sha256:cd34…"
};

// Empty when the two sets are the same.
std::vector<PlanStep> PlanReconcile(const std::optional<Composition>& running,
                                    const Composition& wanted);

Json ToJson(const std::vector<PlanStep>& plan);

}  // namespace powernode::runtime

#include "runtime/reconcile_plan.h"

#include <algorithm>

namespace powernode::runtime {
namespace {

const ComposedModule* Find(const std::vector<ComposedModule>& modules, const std::string& id) {
  const auto found = std::find_if(modules.begin(), modules.end(),
                                  [&](const ComposedModule& module) { return module.id == id; });
  return found == modules.end() ? nullptr : &*found;
}

std::string Short(const std::string& digest) {
  return digest.substr(0, 19);
}  // "sha256:" and 12 digits

}  // namespace

std::string_view StepKindName(StepKind kind) {
  switch (kind) {
    case StepKind::kAdd:
      return "add";
    case StepKind::kRemove:
      return "remove";
    case StepKind::kUpdate:
      return "update";
    case StepKind::kReorder:
      return "reorder";
    case StepKind::kManifest:
      return "manifest";
  }
  return "update";
}

std::vector<PlanStep> PlanReconcile(const std::optional<Composition>& running,
                                    const Composition& wanted) {
  std::vector<PlanStep> plan;
  const std::vector<ComposedModule> none;
  const std::vector<ComposedModule>& present = running ? running->modules : none;
  for (const ComposedModule& module : wanted.modules) {
    const ComposedModule* now = Find(present, module.id);
    if (now == nullptr)
      plan.push_back({StepKind::kAdd, module.id, module.name, Short(module.digest)});
    else if (now->digest != module.digest)
      plan.push_back({StepKind::kUpdate, module.id, module.name,
                      Short(now->digest) + " -> " + Short(module.digest)});
    else if (now->effective_priority != module.effective_priority)
      plan.push_back({StepKind::kReorder, module.id, module.name,
                      std::to_string(now->effective_priority) + " -> " +
                          std::to_string(module.effective_priority)});
    else if (now->manifest_sha256 != module.manifest_sha256)
      plan.push_back({StepKind::kManifest, module.id, module.name, "services or settings changed"});
  }
  for (const ComposedModule& module : present)
    if (Find(wanted.modules, module.id) == nullptr)
      plan.push_back({StepKind::kRemove, module.id, module.name, Short(module.digest)});
  return plan;
}

Json ToJson(const std::vector<PlanStep>& plan) {
  Json array = Json::array();
  for (const PlanStep& step : plan)
    array.push_back({{"op", StepKindName(step.kind)},
                     {"id", step.id},
                     {"name", step.name},
                     {"detail", step.detail}});
  return array;
}

}  // namespace powernode::runtime

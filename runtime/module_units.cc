#include "runtime/module_units.h"

namespace powernode::runtime {

ModuleUnits RenderModuleUnits(const Composition& composition, const std::string& root_directory) {
  ModuleUnits result;
  for (const ComposedModule& module : composition.modules) {
    const Result<enroll::ModuleView> view = enroll::ParseModuleView(module.manifest);
    if (!view) {
      result.refused.push_back("module " + module.name + ": " + view.error().message());
      continue;
    }
    for (const std::string& note : view->notes)
      result.notes.push_back("module " + module.name + ": " + note);
    const UnitContext context{.module_id = module.id,
                              .module_name = module.name,
                              .digest = module.digest,
                              .root_directory = root_directory};
    for (const enroll::Service& service : view->services) {
      Result<UnitFile> unit = RenderUnit(context, service, view->security);
      if (unit)
        result.units.push_back(*std::move(unit));
      else
        result.refused.push_back("module " + module.name + ": " + unit.error().message());
    }
  }
  return result;
}

}  // namespace powernode::runtime

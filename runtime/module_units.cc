#include "runtime/module_units.h"

#include <algorithm>

#include "runtime/unit_order.h"

namespace powernode::runtime {
namespace {

class Renderer {
 public:
  explicit Renderer(const UnitSurroundings& surroundings) : surroundings_(surroundings) {}

  void Render(const ComposedModule& module) {
    subject_ = "module " + module.name;
    const Result<enroll::ModuleView> view = enroll::ParseModuleView(module.manifest);
    if (!view) {
      Refuse(view.error().message());
      return;
    }
    for (const std::string& note : view->notes) result_.notes.push_back(subject_ + ": " + note);
    const ServiceOrder order = OrderServices(view->services);
    for (const std::string& refused : order.refused) Refuse(refused);
    const UnitContext context{.module_id = module.id,
                              .module_name = module.name,
                              .digest = module.digest,
                              .surroundings = surroundings_};
    first_ = result_.units.size();
    for (const enroll::Service* service : order.start) {
      Result<UnitFile> unit = RenderUnit(context, WithoutUnknown(*service), view->security);
      if (!unit) {
        Refuse(unit.error().message());
        continue;
      }
      for (const UnitNote& note : unit->notes) Find(note.code, note.text);
      result_.units.push_back(*std::move(unit));
    }
  }

  ModuleUnits Take() { return std::move(result_); }

 private:
  void Refuse(const std::string& why) {
    result_.refused.push_back(subject_ + ": " + why);
    Find("unit_refused", why);
  }

  void Find(const std::string& code, const std::string& detail) {
    const bool known = std::any_of(result_.findings.begin(), result_.findings.end(),
                                   [&](const UnitFinding& finding) {
                                     return finding.code == code && finding.subject == subject_;
                                   });
    if (!known) result_.findings.push_back({code, subject_, detail});
  }

  // In their order all that a service may wait for is rendered before it: what is not is not there.
  enroll::Service WithoutUnknown(enroll::Service service) {
    std::erase_if(service.dependencies, [&](const enroll::ServiceDependency& dependency) {
      const bool known = std::any_of(
          result_.units.begin() + static_cast<std::ptrdiff_t>(first_), result_.units.end(),
          [&](const UnitFile& unit) { return unit.service == dependency.service; });
      if (!known)
        Find("unknown_dependency", "service " + service.name + " depends on " + dependency.service +
                                       ", which this module does not have: ignored");
      return !known;
    });
    return service;
  }

  const UnitSurroundings& surroundings_;
  ModuleUnits result_;
  std::string subject_;
  std::size_t first_ = 0;  // unit of the module
};

}  // namespace

ModuleUnits RenderModuleUnits(const Composition& composition,
                              const UnitSurroundings& surroundings) {
  Renderer renderer(surroundings);
  for (const ComposedModule& module : composition.modules) renderer.Render(module);
  return renderer.Take();
}

}  // namespace powernode::runtime

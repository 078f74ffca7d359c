#include "runtime/unit_order.h"

#include <algorithm>

namespace powernode::runtime {
namespace {

using Services = std::vector<const enroll::Service*>;

bool Contains(const Services& services, const std::string& name) {
  return std::any_of(services.begin(), services.end(),
                     [&](const enroll::Service* service) { return service->name == name; });
}

bool WaitsForOneOf(const enroll::Service& service, const Services& services) {
  return std::any_of(service.dependencies.begin(), service.dependencies.end(),
                     [&](const enroll::ServiceDependency& dependency) {
                       return Contains(services, dependency.service);
                     });
}

bool IsAwaitedByOneOf(const enroll::Service& service, const Services& services) {
  const Services itself{&service};
  return std::any_of(services.begin(), services.end(),
                     [&](const enroll::Service* other) { return WaitsForOneOf(*other, itself); });
}

// Where each waits for another one: those that are not merely behind a circle.
Services Circle(Services waiting) {
  for (std::size_t i = 0; i < waiting.size();) {
    if (IsAwaitedByOneOf(*waiting[i], waiting)) {
      ++i;
    } else {
      waiting.erase(waiting.begin() + static_cast<std::ptrdiff_t>(i));
      i = 0;
    }
  }
  return waiting;
}

}  // namespace

ServiceOrder OrderServices(const std::vector<enroll::Service>& services) {
  ServiceOrder order;
  Services waiting;
  for (const enroll::Service& service : services) {
    if (Contains(waiting, service.name))
      order.refused.push_back("service " + service.name + ": the module names two of this name");
    else
      waiting.push_back(&service);
  }
  std::sort(waiting.begin(), waiting.end(),
            [](const auto* a, const auto* b) { return a->name < b->name; });
  while (!waiting.empty()) {
    const auto next = std::find_if(
        waiting.begin(), waiting.end(),
        [&](const enroll::Service* service) { return !WaitsForOneOf(*service, waiting); });
    if (next != waiting.end()) {
      order.start.push_back(*next);
      waiting.erase(next);
      continue;
    }
    for (const enroll::Service* service : Circle(waiting)) {
      order.refused.push_back("service " + service->name +
                              ": it waits for a service that waits for it");
      waiting.erase(std::find(waiting.begin(), waiting.end(), service));
    }
  }
  return order;
}

}  // namespace powernode::runtime

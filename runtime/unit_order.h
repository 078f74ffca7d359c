// In which order the services of a module start (node-files.md §12.1): each after those it depends
// on, ties by name. Services that wait for each other in a circle would be left to systemd to break
// somewhere; they are refused instead.
#pragma once

#include <string>
#include <vector>

#include "enroll/service.h"

namespace powernode::runtime {

struct ServiceOrder {
  std::vector<const enroll::Service*> start;
  std::vector<std::string> refused;  // one text for each of the others
};

// A dependency on a service that is not among `services` orders nothing. The result points into
// `services`.
ServiceOrder OrderServices(const std::vector<enroll::Service>& services);

}  // namespace powernode::runtime

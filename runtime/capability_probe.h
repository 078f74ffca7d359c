// Does the kernel hold a service to the capabilities that its unit names (node-files.md §12.2)? A
// look from outside at the running process; what comes of it is a finding, never a restart (RT-10).
#pragma once

#include <string>
#include <string_view>

namespace powernode::runtime {

// `unit` is a rendered unit's text, `status` that of /proc/<pid>/status. Empty when the process has
// no capability in its bounding set that the unit does not leave there, or one of the two says
// nothing about it.
std::string CapabilitySurplus(std::string_view unit, std::string_view status);

}  // namespace powernode::runtime

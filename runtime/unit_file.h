// A module's service as a systemd unit (node-files.md §12.1): a pure function from what the
// platform says to the text of a unit file. Nothing in a value can become a directive, a specifier
// or a second command: a value that could is refused, and with it this one service.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "agent/base/result.h"
#include "enroll/module_view.h"
#include "runtime/unit_confinement.h"
#include "runtime/unit_surroundings.h"

namespace powernode::runtime {

struct UnitFile {
  std::string name;  // "powernode-<module id>-<service>.service"
  std::string module_id;
  std::string service;
  std::string content;  // with the marker as its first line
  std::string body_sha256;
  std::vector<UnitNote> notes;
};

struct UnitContext {
  std::string module_id;
  std::string module_name;
  std::string digest;  // "sha256:<hex>"
  UnitSurroundings surroundings;
};

std::string UnitName(std::string_view module_id, std::string_view service);

// kRefused "unit_refused": the message names service, field and what is wrong with it.
Result<UnitFile> RenderUnit(const UnitContext& context, const enroll::Service& service,
                            const enroll::ModuleSecurity& security);

// The marker line of a file this agent wrote, or "" (node-files.md §12.1: only such files are
// touched).
std::string_view UnitMarker(std::string_view content);

}  // namespace powernode::runtime

#include "runtime/root_render.h"

#include <sys/mount.h>

#include <algorithm>
#include <cctype>
#include <cerrno>

#include "agent/base/encoding.h"
#include "agent/base/files.h"
#include "agent/base/random.h"
#include "runtime/agent_unit.h"
#include "runtime/module_units.h"
#include "runtime/root_files.h"
#include "runtime/unit_directory.h"

namespace powernode::runtime {
namespace {

std::string_view Trim(std::string_view text) {
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.back())) != 0)
    text.remove_suffix(1);
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.front())) != 0)
    text.remove_prefix(1);
  return text;
}

Status WriteHostName(const RootRenderRequest& request) {
  const Result<std::string> given = ReadFile(request.paths.fw_cfg_instance_name, 256);
  if (!given) return Ok();  // nobody named this node: the root's own name stays
  const std::string name = CheckedHostName(Trim(*given));
  if (name.empty())
    return Error(ErrorKind::kInvalid, "bad_host_name", "fw_cfg instance_name is not a host name");
  return WriteFileAtomically(request.root + "/etc/hostname", name + "\n", 0644);
}

// One per node, made once and kept on the persist file system (ID-12); never a module's.
Status WriteMachineId(const RootRenderRequest& request) {
  const std::string kept = request.paths.persist + "/etc/machine-id";
  Result<std::string> id = ReadFile(kept, 64);
  if (!id || !IsLowerHex(Trim(*id), 32)) {
    id = RandomHex(16) + "\n";
    RETURN_IF_ERROR(MakeDirectories(DirectoryOf(kept), 0755));
    RETURN_IF_ERROR(WriteFileAtomically(kept, *id, 0444));
  }
  return WriteFileAtomically(request.root + "/etc/machine-id", *id, 0444);
}

}  // namespace

std::string CheckedHostName(std::string_view text) {
  const bool good =
      !text.empty() && text.size() <= 63 && text.front() != '-' && text.back() != '-' &&
      std::all_of(text.begin(), text.end(), [](char c) {
        return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '.';
      });
  return good ? std::string(text) : "";
}

RootRendering RenderRoot(const RootRenderRequest& request) {
  RootRendering rendering;
  std::vector<std::string>& findings = rendering.findings;
  const auto note = [&](const Status& status, std::string_view what) {
    if (!status) findings.push_back(std::string(what) + ": " + status.error().message());
  };
  note(MakeDirectories(request.root + "/etc", 0755), "etc");
  note(InstallResolver(request.root, request.resolver), "resolver");
  note(WriteHostName(request), "host name");
  note(WriteMachineId(request), "machine id");

  const ModuleUnits units = RenderModuleUnits(request.composition, /*root_directory=*/"");
  findings.insert(findings.end(), units.refused.begin(), units.refused.end());
  findings.insert(findings.end(), units.notes.begin(), units.notes.end());
  const Result<UnitChanges> changes = SyncUnits(request.paths, units.units);
  if (changes)
    findings.insert(findings.end(), changes->findings.begin(), changes->findings.end());
  else
    findings.push_back("units: " + changes.error().message());
  rendering.incomplete = !units.refused.empty() || !changes || !changes->findings.empty();
  note(InstallAgentUnit(request.paths, request.paths.persist), "agent unit");
  return rendering;
}

Status BindPersist(const std::string& persist, const std::string& root) {
  const std::string target = root + persist;
  RETURN_IF_ERROR(MakeDirectories(target, 0755));
  if (::mount(persist.c_str(), target.c_str(), nullptr, MS_BIND, nullptr) < 0)
    return SystemError("bind " + persist + " into the new root", errno);
  if (::mount(nullptr, target.c_str(), nullptr, MS_PRIVATE, nullptr) < 0)
    return SystemError("make " + target + " private", errno);
  return Ok();
}

}  // namespace powernode::runtime

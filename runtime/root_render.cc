#include "runtime/root_render.h"

#include <sys/mount.h>

#include <algorithm>
#include <cctype>
#include <cerrno>

#include "agent/base/encoding.h"
#include "agent/base/files.h"
#include "agent/base/random.h"
#include "runtime/account_files.h"
#include "runtime/agent_unit.h"
#include "runtime/host_keys.h"
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
  for (const std::string& source :
       {KeptHostNamePath(request.paths), request.paths.fw_cfg_instance_name}) {
    const Result<std::string> given = ReadFile(source, 256);
    if (!given) continue;
    const std::string name = CheckedHostName(Trim(*given));
    if (name.empty())
      return Error(ErrorKind::kInvalid, "bad_host_name", source + " holds no host name");
    return WriteFileAtomically(request.root + "/etc/hostname", name + "\n", 0644);
  }
  return Ok();  // nobody named this node: the root's own name stays
}

// What only a node may have (ID-12): names of files that a module brought all the same.
std::string ShippedIdentity(const std::string& root) {
  std::string shipped;
  for (const char* name : {"/etc/hostname", "/etc/machine-id"}) {
    const Result<std::string> content = ReadFile(root + name, 256);
    if (content && !Trim(*content).empty() && Trim(*content) != "uninitialized")
      shipped += (shipped.empty() ? "" : ", ") + std::string(name);
  }
  return shipped;
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

std::string KeptHostNamePath(const Paths& paths) { return paths.persist + "/etc/hostname"; }

RootRendering RenderRoot(const RootRenderRequest& request) {
  RootRendering rendering;
  std::vector<std::string>& findings = rendering.findings;
  const auto note = [&](const Status& status, std::string_view what) {
    if (!status) findings.push_back(std::string(what) + ": " + status.error().message());
  };
  const auto append = [&](const std::vector<std::string>& more) {
    findings.insert(findings.end(), more.begin(), more.end());
  };
  const auto shipped = [&](const std::string& names) {
    if (!names.empty())
      findings.push_back("identity: a module ships " + names + ", which each node has of its own");
  };
  shipped(ShippedIdentity(request.root));
  note(MakeDirectories(request.root + "/etc", 0755), "etc");
  note(InstallResolver(request.root, request.resolver), "resolver");
  note(WriteHostName(request), "host name");
  note(WriteMachineId(request), "machine id");
  const Result<std::string> keys = InstallHostKeys(request.root, request.paths.persist);
  if (keys)
    shipped(*keys);
  else
    findings.push_back("SSH host keys: " + keys.error().message());
  append(MergeAccounts(request.root, request.composition));

  const ModuleUnits units = RenderModuleUnits(
      request.composition,
      ObserveSurroundings(request.paths, request.root, request.resolver, request.verify));
  append(units.refused);
  append(units.notes);
  const Result<UnitChanges> changes = SyncUnits(request.paths, units.units);
  if (changes)
    append(changes->findings);
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

#include "tests/platform/module_view.h"

#include <algorithm>

#include "tests/platform/digest.h"

namespace powernode::platform {
namespace {

void Visit(State& state, const std::string& id, std::vector<const Module*>& list) {
  const Module* const module = state.FindModule(id);
  if (module == nullptr || !module->enabled || module->versions.empty()) return;
  if (std::find(list.begin(), list.end(), module) != list.end()) return;
  // A cycle ends here: the module takes its place after its dependencies, but is looked at once
  // only.
  list.push_back(module);
  const std::size_t own_place = list.size() - 1;
  for (const std::string& dependency : module->dependencies) Visit(state, dependency, list);
  std::rotate(list.begin() + static_cast<std::ptrdiff_t>(own_place),
              list.begin() + static_cast<std::ptrdiff_t>(own_place) + 1, list.end());
}

bool HasVersion(const Module& module, const std::string& digest) {
  return std::any_of(module.versions.begin(), module.versions.end(),
                     [&](const ModuleVersion& version) { return version.digest == digest; });
}

bool Runs(const Node& node, const std::string& digest) {
  if (!node.last_heartbeat.is_object()) return false;
  const auto digests = node.last_heartbeat.find("module_digests");
  if (digests == node.last_heartbeat.end() || !digests->is_object()) return false;
  return std::any_of(digests->begin(), digests->end(),
                     [&](const json& value) { return value == "sha256:" + digest; });
}

}  // namespace

std::vector<const Module*> ModulesOf(State& state, const Node& node) {
  std::vector<const Module*> list;
  for (const std::string& id : node.modules) Visit(state, id, list);
  return list;
}

json ModuleListEntry(const Module& module) {
  const ModuleVersion& version = module.versions.back();
  return {{"id", module.id},
          {"name", module.name},
          {"variety", "subscription"},
          {"priority", module.priority},
          {"effective_priority", module.priority},
          {"has_data_file", true},
          {"current_version", version.number},
          {"dependencies", module.dependencies},
          {"reboot_required", version.view.value("reboot_required", false)},
          {"digest", "sha256:" + version.digest},
          {"size_bytes", version.size_bytes},
          {"image_format", version.image_format},
          {"manifest_sha256", Sha256Hex(ManifestBytes(module))}};
}

json ModuleView(const Module& module) {
  const ModuleVersion& version = module.versions.back();
  json view = {{"id", module.id},
               {"name", module.name},
               {"variety", "subscription"},
               {"priority", module.priority},
               {"effective_priority", module.priority},
               {"has_data_file", true},
               {"current_version", version.number},
               {"dependencies", module.dependencies},
               {"digest", "sha256:" + version.digest},
               {"size_bytes", version.size_bytes},
               {"image_format", version.image_format},
               {"spec_encoding", "plain"},
               {"mask", json::array()},
               {"file_spec", json::array()},
               {"package_spec", json::array()},
               {"dependency_spec", json::array()},
               {"protected_spec", json::array()},
               {"lock_spec", false},
               {"reboot_required", false},
               {"config", json::object()},
               {"copy_path", nullptr},
               {"services", json::array()},
               {"users", json::array()},
               {"groups", json::array()},
               {"data_file_name", module.name + "." + version.image_format},
               {"data_file_size", version.size_bytes},
               {"data_checksum", version.digest}};
  view.update(version.view);
  return view;
}

std::string_view SignatureForm(const ModuleVersion& version) {
  if (!version.bundle.is_null()) return "statement";
  return version.signature.empty() ? "none" : "blob-only";
}

json RevisionOf(const ModuleVersion& version) {
  return version.revision != 0 ? json(version.revision) : json();
}

std::string ManifestBytes(const Module& module) {
  json manifest = ModuleView(module);
  manifest["version"] = module.versions.back().number;
  return manifest.dump();
}

bool MayFetchBlob(State& state, const Node& node, const std::string& digest) {
  if (Runs(node, digest)) return true;
  for (const Module* module : ModulesOf(state, node)) {
    if (HasVersion(*module, digest)) return true;
  }
  return std::any_of(node.removed.begin(), node.removed.end(), [&](const std::string& id) {
    const Module* const module = state.FindModule(id);
    return module != nullptr && HasVersion(*module, digest);
  });
}

}  // namespace powernode::platform

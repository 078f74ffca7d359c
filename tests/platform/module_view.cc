#include "tests/platform/module_view.h"

#include <algorithm>

#include "agent/base/encoding.h"
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

// The digests, without their prefix, of what the node last said it runs.
std::vector<std::string> RunningBlobs(const Node& node) {
  constexpr std::string_view kPrefix = "sha256:";
  std::vector<std::string> blobs;
  if (!node.last_heartbeat.is_object()) return blobs;
  const auto digests = node.last_heartbeat.find("module_digests");
  if (digests == node.last_heartbeat.end() || !digests->is_object()) return blobs;
  for (const json& value : *digests) {
    if (!value.is_string()) continue;
    const std::string text = value.get<std::string>();
    if (text.starts_with(kPrefix) && IsLowerHex(std::string_view(text).substr(kPrefix.size()), 64))
      blobs.push_back(text.substr(kPrefix.size()));
  }
  return blobs;
}

// Of composefs images, whose every later proof hangs on it.
void AddImageVerity(const ModuleVersion& version, json& view) {
  if (version.image_format == "composefs" && !version.fsverity.empty())
    view["fsverity_root_hash"] = version.fsverity;
}

}  // namespace

std::vector<const Module*> ModulesOf(State& state, const Node& node) {
  std::vector<const Module*> list;
  for (const std::string& id : node.modules) Visit(state, id, list);
  return list;
}

json ModuleListEntry(const Module& module) {
  const ModuleVersion& version = module.versions.back();
  json entry = {{"id", module.id},
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
  AddImageVerity(version, entry);
  return entry;
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
  AddImageVerity(version, view);
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

std::vector<const Module*> FetchableModules(State& state, const Node& node) {
  std::vector<const Module*> modules = ModulesOf(state, node);
  for (const std::string& id : node.removed) {
    const Module* const module = state.FindModule(id);
    if (module != nullptr && !module->versions.empty()) modules.push_back(module);
  }
  return modules;
}

std::vector<std::string> FetchableBlobs(State& state, const Node& node) {
  std::vector<std::string> blobs = RunningBlobs(node);
  for (const Module* module : FetchableModules(state, node)) {
    for (const ModuleVersion& version : module->versions) blobs.push_back(version.digest);
  }
  std::sort(blobs.begin(), blobs.end());
  blobs.erase(std::unique(blobs.begin(), blobs.end()), blobs.end());
  return blobs;
}

bool MayFetchBlob(State& state, const Node& node, const std::string& digest) {
  const std::vector<std::string> blobs = FetchableBlobs(state, node);
  return std::binary_search(blobs.begin(), blobs.end(), digest);
}

}  // namespace powernode::platform

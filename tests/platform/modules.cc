// The module routes that answer with JSON (node-api.md §10, §12.3).
#include <algorithm>
#include <map>

#include "tests/platform/digest.h"
#include "tests/platform/module_view.h"
#include "tests/platform/routes.h"

namespace powernode::platform {
namespace {

// Only what the node is assigned exists for it.
const Module* FindAssigned(Call& call, const std::string& id) {
  for (const Module* module : ModulesOf(call.state, *call.node)) {
    if (module->id == id) return module;
  }
  return nullptr;
}

Answer NoModule() { return Failure(404, "Module not found", "NOT_FOUND"); }

}  // namespace

Answer ListModules(Call& call) {
  json modules = json::array();
  for (const Module* module : ModulesOf(call.state, *call.node))
    modules.push_back(ModuleListEntry(*module));
  Answer answer = List("modules", std::move(modules));
  json& data = std::get<json>(answer.body)["data"];
  data["assignment_revision"] = call.node->assignment_revision;
  data["complete"] = true;
  data["removed"] = call.node->removed;
  return answer;
}

Answer ShowModule(Call& call) {
  const Module* const module = FindAssigned(call, call.request.segments[1]);
  if (module == nullptr) return NoModule();
  json view = ModuleView(*module);
  json data = view;
  data["module"] = std::move(view);
  return Success(std::move(data));
}

Answer ShowManifest(Call& call) {
  const Module* const module = FindAssigned(call, call.request.segments[1]);
  if (module == nullptr) return NoModule();
  Answer answer;
  std::string bytes = ManifestBytes(*module);
  answer.SetHeader("ETag", "\"" + Sha256Hex(bytes) + "\"");
  answer.content_type = "application/vnd.powernode.module-manifest.v1+json";
  answer.body = std::move(bytes);
  return answer;
}

Answer ShowDownload(Call& call) {
  const Module* const module = FindAssigned(call, call.request.segments[1]);
  if (module == nullptr) return NoModule();
  const ModuleVersion& version = module->versions.back();
  return Success({{"file",
                   {{"name", module->name + "." + version.image_format},
                    {"size", version.size_bytes},
                    {"checksum", version.digest},
                    {"download_url", std::string(kApiPrefix) + "files/modules/" + module->id}}},
                  {"oci", nullptr}});
}

Answer ShowCosignBundle(Call& call) {
  const bool below_files = call.request.segments[0] == "files";
  const Module* const module = FindAssigned(call, call.request.segments[below_files ? 2 : 1]);
  if (module == nullptr) return NoModule();
  const ModuleVersion& version = module->versions.back();
  Answer answer;
  if (!version.bundle.is_null()) {
    answer.body = version.bundle;
  } else if (!version.signature.empty()) {
    answer.body = json{{"base64Signature", version.signature}};
  } else {
    return Failure(404, "Module has no signature bundle", "NOT_FOUND");
  }
  return answer;
}

Answer ListSigningKeys(Call& call) {
  json keys = json::array();
  for (const auto& [keyid, pem] : call.state.signing_keys)
    keys.push_back({{"keyid", keyid}, {"pem", pem}});
  return List("signing_keys", std::move(keys));
}

}  // namespace powernode::platform

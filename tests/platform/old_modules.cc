// The module routes of older servers (node-api.md §10, §20). Neither has digests in its list. The
// first generation's view is nested, without a digest and without services; the second's is flat
// and lacks what extensions added.
#include "tests/platform/module_view.h"
#include "tests/platform/routes.h"

namespace powernode::platform {
namespace {

constexpr const char* kListMembers[] = {"id",
                                        "name",
                                        "variety",
                                        "priority",
                                        "effective_priority",
                                        "has_data_file",
                                        "current_version",
                                        "dependencies",
                                        "reboot_required"};
constexpr const char* kExtensions[] = {"image_format", "spec_encoding", "architecture",
                                       "blob_sha256"};
constexpr const char* kSince2[] = {"digest",        "fsverity_root_hash", "users",         "groups",
                                   "data_checksum", "data_file_size",     "data_file_name"};

json Without(json view, std::span<const char* const> members) {
  for (const char* member : members) view.erase(member);
  return view;
}

Answer ListOf(Call& call, bool has_data_file) {
  json modules = json::array();
  for (const Module* module : ModulesOf(call.state, *call.node)) {
    const json entry = ModuleListEntry(*module);
    json old = json::object();
    for (const char* member : kListMembers) old[member] = entry.at(member);
    old["has_data_file"] = has_data_file;
    modules.push_back(std::move(old));
  }
  return List("modules", std::move(modules));
}

const Module* FindAssigned(Call& call) {
  for (const Module* module : ModulesOf(call.state, *call.node)) {
    if (module->id == call.request.segments[1]) return module;
  }
  return nullptr;
}

// `modules/signing_keys` looks like a module to the first generation, so that asking for one that
// is not there is no mistake.
Answer NoModule(Call& call) {
  call.blameless = true;
  return Failure(404, "Module not found", "NOT_FOUND");
}

}  // namespace

Answer ListModulesGen1(Call& call) { return ListOf(call, false); }
Answer ListModulesGen2(Call& call) { return ListOf(call, true); }

Answer ShowModuleGen1(Call& call) {
  const Module* const module = FindAssigned(call);
  if (module == nullptr) return NoModule(call);
  json view = Without(Without(ModuleView(*module), kExtensions), kSince2);
  view["has_data_file"] = false;
  view["services"] = json::array();
  return Success({{"module", std::move(view)}});
}

Answer ShowModuleGen2(Call& call) {
  const Module* const module = FindAssigned(call);
  if (module == nullptr) return NoModule(call);
  return Success(Without(ModuleView(*module), kExtensions));
}

}  // namespace powernode::platform

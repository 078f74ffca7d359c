// Verbs about modules and who gets them. Whatever changes a node's set raises its assignment
// revision.
#include <algorithm>
#include <limits>

#include "tests/platform/module_view.h"
#include "tests/platform/routes.h"
#include "tests/platform/verbs.h"

namespace powernode::platform {
namespace {

void RaiseRevisionsOf(State& state, const std::string& module_id) {
  for (Node& node : state.nodes) {
    for (const Module* module : ModulesOf(state, node)) {
      if (module->id == module_id) ++node.assignment_revision;
    }
  }
}

// The ids of the modules an assignment names, all of them known.
Result<std::vector<std::string>> NamedModules(VerbContext& context, const json& arguments) {
  std::vector<std::string> ids;
  for (const std::string& name : arguments.at("modules").get<std::vector<std::string>>()) {
    ASSIGN_OR_RETURN(const Module* module, NeedModule(context, name));
    ids.push_back(module->id);
  }
  return ids;
}

json AssignmentOf(const Node& node) {
  return {{"node", node.name},
          {"modules", node.modules},
          {"assignment_revision", node.assignment_revision}};
}

std::int64_t NextNumber(const Module& module) {
  return module.versions.empty() ? 1 : module.versions.back().number + 1;
}

// One more than the highest so far, so that a statement about an older revision, made for a test,
// does not lower those that follow.
std::int64_t NextRevision(const Module& module) {
  std::int64_t highest = 0;
  for (const ModuleVersion& version : module.versions)
    highest = std::max(highest, version.revision);
  return highest == std::numeric_limits<std::int64_t>::max() ? highest : highest + 1;
}

}  // namespace

// What the next version of a module is to be called, for a statement to be signed about it: the key
// stays with the command.
Result<json> PlanVersion(VerbContext& context, const json& arguments) {
  const std::string id = arguments.value("id", arguments.at("name").get<std::string>());
  const Module* const found = context.state.FindModule(id);
  const Module module = found != nullptr ? *found : Module{.id = id};
  return json{
      {"id", module.id}, {"version", NextNumber(module)}, {"revision", NextRevision(module)}};
}

// The blob is in place already (blob_import.h); this makes it a version. A `version` that was
// planned must still be the next.
Result<json> PutModule(VerbContext& context, const json& arguments) {
  State& state = context.state;
  const std::string name = arguments.at("name").get<std::string>();
  Module* module = state.FindModule(arguments.value("id", name));
  const std::int64_t number = NextNumber(module != nullptr ? *module : Module{});
  if (arguments.value("version", number) != number)
    return Error(ErrorKind::kBusy, "module_changed",
                 "another version of " + name + " was published meanwhile");
  if (module == nullptr) {
    const std::string id = arguments.value("id", name);
    if (!IsId(id))
      return Error(ErrorKind::kInvalid, "bad_id", "'" + id + "' cannot be a module id");
    state.modules.push_back({.id = id, .name = name});
    module = &state.modules.back();
  }
  module->name = name;
  module->priority = arguments.value("priority", module->priority);
  module->dependencies = arguments.value("dependencies", module->dependencies);
  module->versions.push_back({.number = number,
                              .digest = arguments.at("digest").get<std::string>(),
                              .size_bytes = arguments.at("size_bytes").get<std::uint64_t>(),
                              .signature = arguments.value("signature", ""),
                              .bundle = arguments.value("bundle", json()),
                              .revision = arguments.value("revision", std::int64_t{0}),
                              .image_format = arguments.at("image_format").get<std::string>(),
                              .fsverity = arguments.value("fsverity", ""),
                              .view = arguments.value("view", json::object())});
  if (arguments.contains("keyid")) state.signing_keys[arguments["keyid"]] = arguments.at("key_pem");
  RaiseRevisionsOf(state, module->id);
  const ModuleVersion& version = module->versions.back();
  return json{{"id", module->id},
              {"name", module->name},
              {"version", number},
              {"digest", "sha256:" + version.digest},
              {"size_bytes", version.size_bytes},
              {"signed", SignatureForm(version) != "none"},
              {"signature_form", SignatureForm(version)},
              {"revision", RevisionOf(version)}};
}

Result<json> EnableModule(VerbContext& context, const json& arguments) {
  ASSIGN_OR_RETURN(Module* const module,
                   NeedModule(context, arguments.at("module").get<std::string>()));
  RaiseRevisionsOf(context.state, module->id);
  module->enabled = arguments.value("enabled", true);
  RaiseRevisionsOf(context.state, module->id);
  return json{{"id", module->id}, {"enabled", module->enabled}};
}

Result<json> AssignModules(VerbContext& context, const json& arguments) {
  ASSIGN_OR_RETURN(Node* const node, NeedNode(context, arguments));
  ASSIGN_OR_RETURN(const std::vector<std::string> ids, NamedModules(context, arguments));
  for (const std::string& id : ids) {
    if (std::find(node->modules.begin(), node->modules.end(), id) == node->modules.end())
      node->modules.push_back(id);
    std::erase(node->removed, id);
  }
  ++node->assignment_revision;
  return AssignmentOf(*node);
}

Result<json> UnassignModules(VerbContext& context, const json& arguments) {
  ASSIGN_OR_RETURN(Node* const node, NeedNode(context, arguments));
  ASSIGN_OR_RETURN(const std::vector<std::string> ids, NamedModules(context, arguments));
  for (const std::string& id : ids) {
    if (std::erase(node->modules, id) > 0) node->removed.push_back(id);
  }
  ++node->assignment_revision;
  return AssignmentOf(*node);
}

}  // namespace powernode::platform

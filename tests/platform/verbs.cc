#include "tests/platform/verbs.h"

namespace powernode::platform {
namespace {

struct Entry {
  std::string_view name;
  Verb verb;
};

constexpr Entry kVerbs[] = {
    {"node add", &AddNode},
    {"node remove", &RemoveNode},
    {"node set", &SetNode},
    {"token add", &AddToken},
    {"certificate revoke", &RevokeCertificate},
    {"certificate renew", &WantRenewal},
    {"claim confirm", &ConfirmClaim},
    {"module plan", &PlanVersion},
    {"module put", &PutModule},
    {"module enable", &EnableModule},
    {"assign", &AssignModules},
    {"unassign", &UnassignModules},
    {"task add", &AddTask},
    {"task set", &SetTask},
    {"task cancel", &CancelTask},
    {"fault add", &AddFault},
    {"fault list", &ListFaults},
    {"fault clear", &ClearFaults},
    {"trust-policy set", &SetTrustPolicy},
    {"trust-policy clear", &ClearTrustPolicy},
    {"ca roll", &RollAuthority},
    {"status", &ShowState},
    {"clock", &SetClock},
    {"set", &SetSetting},
};

}  // namespace

Result<json> RunVerb(VerbContext& context, const std::string& name, const json& arguments) {
  for (const Entry& entry : kVerbs) {
    if (entry.name != name) continue;
    try {
      return entry.verb(context, arguments);
    } catch (const json::exception& error) {
      return Error(ErrorKind::kInvalid, "bad_argument", name + ": " + error.what());
    }
  }
  return Error(ErrorKind::kInvalid, "unknown_verb", "there is no verb '" + name + "'");
}

Result<Node*> NeedNode(VerbContext& context, const json& arguments, const char* member) {
  const std::string name = arguments.at(member).get<std::string>();
  if (Node* const node = context.state.FindNode(name)) return node;
  return Error(ErrorKind::kNotFound, "no_such_node", "there is no node '" + name + "'");
}

Result<Module*> NeedModule(VerbContext& context, const std::string& id_or_name) {
  if (Module* const module = context.state.FindModule(id_or_name)) return module;
  return Error(ErrorKind::kNotFound, "no_such_module", "there is no module '" + id_or_name + "'");
}

}  // namespace powernode::platform

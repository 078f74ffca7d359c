// What an operator or a test may do to the state: one table of verbs, each a function from JSON
// arguments to a JSON result. A serving process runs them for its control listener, a command runs
// them itself when nothing serves; both hold the store's lock.
#pragma once

#include <string>

#include "agent/base/result.h"
#include "tests/platform/state.h"
#include "tests/platform/state_directory.h"

namespace powernode::platform {

struct VerbContext {
  State& state;
  const StateDirectory& directory;
};

using Verb = Result<json> (*)(VerbContext& context, const json& arguments);

// kInvalid "unknown_verb", or the verb's error; a missing or mistyped argument is kInvalid
// "bad_argument".
Result<json> RunVerb(VerbContext& context, const std::string& name, const json& arguments);

Result<json> AddNode(VerbContext& context, const json& arguments);  // node_verbs.cc
Result<json> RemoveNode(VerbContext& context, const json& arguments);
Result<json> SetNode(VerbContext& context, const json& arguments);
Result<json> AddToken(VerbContext& context, const json& arguments);
Result<json> RevokeCertificate(VerbContext& context, const json& arguments);
Result<json> WantRenewal(VerbContext& context, const json& arguments);
Result<json> ConfirmClaim(VerbContext& context, const json& arguments);
Result<json> PutModule(VerbContext& context, const json& arguments);  // module_verbs.cc
Result<json> PlanVersion(VerbContext& context, const json& arguments);
Result<json> EnableModule(VerbContext& context, const json& arguments);
Result<json> AssignModules(VerbContext& context, const json& arguments);
Result<json> UnassignModules(VerbContext& context, const json& arguments);
Result<json> AddTask(VerbContext& context, const json& arguments);  // task_verbs.cc
Result<json> SetTask(VerbContext& context, const json& arguments);
Result<json> CancelTask(VerbContext& context, const json& arguments);
Result<json> AddFault(VerbContext& context, const json& arguments);  // fault_verbs.cc
Result<json> ListFaults(VerbContext& context, const json& arguments);
Result<json> ClearFaults(VerbContext& context, const json& arguments);
Result<json> SetTrustPolicy(VerbContext& context, const json& arguments);  // trust_policy.cc
Result<json> ClearTrustPolicy(VerbContext& context, const json& arguments);
Result<json> RollAuthority(VerbContext& context, const json& arguments);  // ca_roll.cc
Result<json> ShowState(VerbContext& context, const json& arguments);      // settings_verbs.cc
Result<json> SetClock(VerbContext& context, const json& arguments);
Result<json> SetSetting(VerbContext& context, const json& arguments);

// Shared by the verb files.
Result<Node*> NeedNode(VerbContext& context, const json& arguments, const char* member = "node");
Result<Module*> NeedModule(VerbContext& context, const std::string& id_or_name);

}  // namespace powernode::platform

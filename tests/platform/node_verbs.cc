// Verbs about nodes, their tokens, their certificates and the devices that want to become one.
#include <algorithm>

#include "agent/base/random.h"
#include "tests/platform/authority.h"
#include "tests/platform/digest.h"
#include "tests/platform/verbs.h"

namespace powernode::platform {
namespace {

constexpr Seconds kTokenLives = 3600;

std::string NewToken(State& state, Node& node, Seconds lifetime) {
  const std::string token = RandomToken();
  const Seconds now = state.Now();
  node.tokens.push_back(
      {.sha256 = Sha256Hex(token), .created_at = now, .expires_at = now + lifetime});
  return token;
}

// What a node needs to know to come here, once.
Result<json> Introduction(VerbContext& context, Node& node, Seconds lifetime) {
  ASSIGN_OR_RETURN(const Authority authority, Authority::Open(context.directory.path, "ca",
                                                              std::nullopt, context.state.Now()));
  return json{{"instance_uuid", node.id},
              {"bootstrap_token", NewToken(context.state, node, lifetime)},
              {"platform_ca", authority.root_pem()},
              {"platform_url", context.state.settings.platform_url}};
}

}  // namespace

Result<json> AddNode(VerbContext& context, const json& arguments) {
  const std::string name = arguments.at("name").get<std::string>();
  const std::string id = arguments.value("uuid", RandomUuid());
  for (const std::string& taken : {name, id}) {
    if (context.state.FindNode(taken) != nullptr)
      return Error(ErrorKind::kInvalid, "node_exists", "node '" + taken + "' exists");
  }
  context.state.nodes.push_back({.id = id, .name = name, .created_at = context.state.Now()});
  return Introduction(context, context.state.nodes.back(),
                      arguments.value("token_ttl", kTokenLives));
}

Result<json> RemoveNode(VerbContext& context, const json& arguments) {
  ASSIGN_OR_RETURN(const Node* node, NeedNode(context, arguments));
  const std::string id = node->id;
  std::erase_if(context.state.nodes, [&](const Node& one) { return one.id == id; });
  std::erase_if(context.state.tasks, [&](const Task& task) { return task.node_id == id; });
  return json{{"removed", id}};
}

Result<json> SetNode(VerbContext& context, const json& arguments) {
  ASSIGN_OR_RETURN(Node* const node, NeedNode(context, arguments));
  node->status = arguments.value("status", node->status);
  node->authorized_keys = arguments.value("authorized_keys", node->authorized_keys);
  if (arguments.contains("config")) node->config = arguments["config"];
  return json{{"id", node->id}, {"status", node->status}};
}

Result<json> AddToken(VerbContext& context, const json& arguments) {
  ASSIGN_OR_RETURN(Node* const node, NeedNode(context, arguments));
  return Introduction(context, *node, arguments.value("token_ttl", kTokenLives));
}

Result<json> RevokeCertificate(VerbContext& context, const json& arguments) {
  ASSIGN_OR_RETURN(Node* const node, NeedNode(context, arguments));
  const std::string serial = arguments.value("serial", "");
  json revoked = json::array();
  for (CertificateRow& row : node->certificates) {
    if (row.revoked || (!serial.empty() && row.serial != serial)) continue;
    row.revoked = true;
    revoked.push_back(row.serial);
  }
  return json{{"revoked", revoked}};
}

Result<json> WantRenewal(VerbContext& context, const json& arguments) {
  ASSIGN_OR_RETURN(Node* const node, NeedNode(context, arguments));
  json wanted = json::array();
  for (CertificateRow& row : node->certificates) {
    if (row.revoked || row.replaced_at != 0) continue;
    row.renewal_wanted = true;
    wanted.push_back(row.serial);
  }
  return json{{"wanted", wanted}};
}

Result<json> ConfirmClaim(VerbContext& context, const json& arguments) {
  const std::string wanted = arguments.at("code").get<std::string>();
  ASSIGN_OR_RETURN(const Node* const node, NeedNode(context, arguments));
  for (Claim& claim : context.state.claims) {
    const std::string& code = claim.mac == wanted ? claim.code : wanted;
    const auto shown = std::find_if(claim.codes.begin(), claim.codes.end(),
                                    [&](const auto& entry) { return entry.second == code; });
    if (shown == claim.codes.end()) continue;
    claim.device_key_sha256 = shown->first;
    claim.node_id = node->id;
    ++claim.confirmations;
    return json{{"mac", claim.mac}, {"instance_uuid", node->id}};
  }
  return Error(ErrorKind::kNotFound, "no_such_claim",
               "no device shows the code or has the address '" + wanted + "'");
}

}  // namespace powernode::platform

// The configuration routes (node-api.md §14).
#include "tests/platform/routes.h"

namespace powernode::platform {

Answer ShowConfig(Call& call) {
  const Node& node = *call.node;
  return Success({{"instance",
                   {{"id", node.id},
                    {"name", node.name},
                    {"variety", "instance"},
                    {"status", node.status},
                    {"private_ip_address", node.address},
                    {"public_ip_address", nullptr},
                    {"cloud_instance_id", nullptr},
                    {"config", node.config}}},
                  {"node",
                   {{"id", node.id},
                    {"name", node.name},
                    {"allocate_public_ip", false},
                    {"config", json::object()},
                    {"disk_policy", {{"profiles", json::object()}}}}},
                  {"template", nullptr},
                  {"architecture", nullptr}});
}

Answer ShowAuthorizedKeys(Call& call) {
  std::string lines;
  for (const std::string& key : call.node->authorized_keys)
    lines += (lines.empty() ? "" : "\n") + key;
  return Success({{"authorized_keys", lines},
                  {"keys_count", call.node->authorized_keys.size()},
                  {"target_user", "root"}});
}

Answer ShowHostKeys(Call&) { return Success({{"host_keys", json::object()}}); }

Answer ShowNetwork(Call& call) {
  return Success({{"private_ip_address", call.node->address},
                  {"public_ip_address", nullptr},
                  {"allocate_public_ip", false},
                  {"provider_region", nullptr}});
}

}  // namespace powernode::platform

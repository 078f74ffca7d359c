// `node`, `token`, `certificate` and `claim`
#include <memory>

#include "agent/base/files.h"
#include "tests/platform/command_line.h"

namespace powernode::platform {
namespace {

constexpr std::size_t kMaxKeys = 64 << 10;

struct NodeOptions {
  std::string node;
  std::string uuid;
  std::int64_t token_ttl = 3600;
  std::string status;
  std::string authorized_keys;
};

json Lines(const std::string& text) {
  json lines = json::array();
  for (std::size_t start = 0; start < text.size();) {
    const std::size_t end = std::min(text.find('\n', start), text.size());
    if (end > start) lines.push_back(text.substr(start, end - start));
    start = end + 1;
  }
  return lines;
}

Status RunNodeSet(const CommandLine& line, const NodeOptions& given) {
  json arguments = {{"node", given.node}};
  if (!given.status.empty()) arguments["status"] = given.status;
  if (!given.authorized_keys.empty()) {
    ASSIGN_OR_RETURN(const std::string keys, ReadFile(given.authorized_keys, kMaxKeys));
    arguments["authorized_keys"] = Lines(keys);
  }
  return PrintVerb(line, "node set", arguments);
}

}  // namespace

void AddNodeCommands(CLI::App& app, CommandLine& line) {
  auto given = std::make_shared<NodeOptions>();
  CLI::App* node = app.add_subcommand("node", "make nodes known")->require_subcommand(1);

  CLI::App* add = node->add_subcommand(
      "add", "a new node; prints its id, its bootstrap token, the CA and the URL");
  add->add_option("NAME", given->node)->required();
  add->add_option("--uuid", given->uuid, "instance id; random otherwise");
  add->add_option("--token-ttl", given->token_ttl, "seconds until the token is void")
      ->capture_default_str();
  add->callback([given, &line] {
    line.run = [given, &line] {
      json arguments = {{"name", given->node}, {"token_ttl", given->token_ttl}};
      if (!given->uuid.empty()) arguments["uuid"] = given->uuid;
      return PrintVerb(line, "node add", arguments);
    };
  });

  CLI::App* remove = node->add_subcommand("remove", "forget a node");
  remove->add_option("NODE", given->node)->required();
  remove->callback([given, &line] {
    line.run = [given, &line] { return PrintVerb(line, "node remove", {{"node", given->node}}); };
  });

  CLI::App* set = node->add_subcommand("set", "change a node");
  set->add_option("NODE", given->node)->required();
  set->add_option("--status", given->status, "running, stopped, terminated, error, ...");
  set->add_option("--authorized-keys", given->authorized_keys,
                  "file with one SSH public key a line");
  set->callback([given, &line] { line.run = [given, &line] { return RunNodeSet(line, *given); }; });
}

}  // namespace powernode::platform

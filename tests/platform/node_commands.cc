// `node`, `token`, `certificate` and `claim`
#include <memory>

#include "agent/base/files.h"
#include "tests/platform/command_line.h"

namespace powernode::platform {
namespace {

constexpr std::size_t kMaxKeys = 64 << 10;

struct Given {
  std::string node;
  std::string uuid;
  std::int64_t token_ttl = 3600;
  std::string status;
  std::string authorized_keys;
  std::string serial;
  std::string code;
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

Status RunNodeSet(const CommandLine& line, const Given& given) {
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
  auto given = std::make_shared<Given>();
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

  CLI::App* token = app.add_subcommand("token", "bootstrap tokens")->require_subcommand(1);
  CLI::App* token_add = token->add_subcommand("add", "another token for a node");
  token_add->add_option("NODE", given->node)->required();
  token_add->add_option("--ttl", given->token_ttl, "seconds until it is void")
      ->capture_default_str();
  token_add->callback([given, &line] {
    line.run = [given, &line] {
      return PrintVerb(line, "token add", {{"node", given->node}, {"token_ttl", given->token_ttl}});
    };
  });

  CLI::App* certificate =
      app.add_subcommand("certificate", "client certificates")->require_subcommand(1);
  CLI::App* revoke =
      certificate->add_subcommand("revoke", "refuse a node's certificates from now on");
  revoke->add_option("NODE", given->node)->required();
  revoke->add_option("--serial", given->serial, "only this one");
  revoke->callback([given, &line] {
    line.run = [given, &line] {
      return PrintVerb(line, "certificate revoke",
                       {{"node", given->node}, {"serial", given->serial}});
    };
  });

  CLI::App* claim =
      app.add_subcommand("claim", "devices that ask who they are")->require_subcommand(1);
  CLI::App* confirm = claim->add_subcommand("confirm", "make the device that shows CODE the node");
  confirm->add_option("CODE", given->code, "claim code or hardware address")->required();
  confirm->add_option("NODE", given->node)->required();
  confirm->callback([given, &line] {
    line.run = [given, &line] {
      return PrintVerb(line, "claim confirm", {{"code", given->code}, {"node", given->node}});
    };
  });
}

}  // namespace powernode::platform

// `token`, `certificate`, `ca` and `claim`
#include <memory>

#include "tests/platform/command_line.h"

namespace powernode::platform {
namespace {

struct CredentialOptions {
  std::string node;
  std::int64_t token_ttl = 3600;
  std::string serial;
  std::string code;
  std::string key;
  bool finish = false;
};

}  // namespace

void AddCredentialCommands(CLI::App& app, CommandLine& line) {
  auto given = std::make_shared<CredentialOptions>();
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

  CLI::App* renew = certificate->add_subcommand(
      "renew", "ask a node with its next heartbeat to renew its certificate now");
  renew->add_option("NODE", given->node)->required();
  renew->callback([given, &line] {
    line.run = [given, &line] {
      return PrintVerb(line, "certificate renew", {{"node", given->node}});
    };
  });

  CLI::App* ca = app.add_subcommand("ca", "the certificate authority")->require_subcommand(1);
  CLI::App* roll = ca->add_subcommand(
      "roll", "put a successor beside it; nodes hear of it when they enrol and refresh");
  CLI::Option* key = roll->add_option("--key", given->key, "of the successor: ecdsa, rsa, ed25519");
  roll->add_flag("--finish", given->finish,
                 "the successor takes over, the old root is named no more")
      ->excludes(key);
  roll->callback([given, &line] {
    line.run = [given, &line] {
      json arguments = {{"finish", given->finish}};
      if (!given->key.empty()) arguments["key"] = given->key;
      return PrintVerb(line, "ca roll", arguments);
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

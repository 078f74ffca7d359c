// `serve`
#include <memory>

#include "tests/platform/command_line.h"
#include "tests/platform/serve.h"

namespace powernode::platform {
namespace {

struct ServeCommandOptions {
  ServeOptions options;
  std::string mode = "target";
  std::string authority;
  std::string leaf_authority;
  std::string certificate = "good";
};

Result<std::optional<KeyKind>> OptionalKeyKind(const std::string& name) {
  if (name.empty()) return std::optional<KeyKind>();
  ASSIGN_OR_RETURN(const KeyKind kind, KeyKindFromName(name));
  return std::optional<KeyKind>(kind);
}

Status RunServe(const CommandLine& line, ServeCommandOptions& given) {
  given.options.directory = line.directory;
  given.options.personality = FindPersonality(given.mode);
  if (given.options.personality == nullptr)
    return Error(ErrorKind::kInvalid, "unknown_mode", "there is no mode '" + given.mode + "'");
  ASSIGN_OR_RETURN(given.options.authorities.server, OptionalKeyKind(given.authority));
  ASSIGN_OR_RETURN(given.options.authorities.leaves, OptionalKeyKind(given.leaf_authority));
  ASSIGN_OR_RETURN(given.options.tls.flaw, ServerFlawFromName(given.certificate));
  return Serve(given.options);
}

}  // namespace

void AddServeCommand(CLI::App& app, CommandLine& line) {
  auto given = std::make_shared<ServeCommandOptions>();
  CLI::App* serve = app.add_subcommand("serve", "answer nodes until SIGTERM");
  ServeOptions& options = given->options;
  serve->add_option("--listen", options.listen, "address for nodes; port 0 takes a free one")
      ->capture_default_str();
  serve->add_option("--control", options.control, "loopback address for commands")
      ->capture_default_str();
  serve->add_option("--name", options.tls.dns_names,
                    "DNS name in the server certificate (localhost always is)");
  serve->add_option("--ip", options.tls.addresses,
                    "address in the server certificate (loopback always is)");
  serve->add_option("--url", options.url,
                    "URL that nodes are told; made from --name or --ip otherwise");
  serve->add_option("--mode", given->mode, "server generation to be: target, gen1, gen2")
      ->capture_default_str();
  serve->add_flag("!--ignore-client-certificates", options.tls.asks_for_certificates,
                  "be behind a proxy that does not forward them");
  serve->add_option("--ca", given->authority,
                    "make the authority with this key: ecdsa, rsa, ed25519");
  serve->add_option("--leaf-ca", given->leaf_authority,
                    "issue leaves from a second authority with this key");
  serve
      ->add_option("--certificate", given->certificate,
                   "good, expired, not-yet-valid, wrong-name, no-name, other-ca")
      ->capture_default_str();
  serve
      ->add_option("--certificate-lifetime", options.certificate_lifetime,
                   "seconds that leaves are valid, as of `set --leaf-lifetime`")
      ->check(CLI::PositiveNumber);
  serve->add_option("--ready-fd", options.ready_fd,
                    "write {\"url\",\"control\"} here when ready, then close it");
  serve->add_option("--pid-file", options.pid_file, "write the process id here when ready");
  serve->callback([given, &line] { line.run = [given, &line] { return RunServe(line, *given); }; });
}

}  // namespace powernode::platform

// `trust-policy`
#include <memory>

#include "agent/base/files.h"
#include "tests/platform/command_line.h"
#include "tests/platform/dsse.h"
#include "tests/platform/keys.h"

namespace powernode::platform {
namespace {

constexpr std::size_t kMaxText = 1 << 20;
constexpr const char* kPayloadType = "application/vnd.powernode.trust-policy.v1+json";

struct TrustPolicyOptions {
  std::string policy_file;
  std::string sign_key_file;
};

// What is signed and served is the file, byte for byte.
Status RunSet(const CommandLine& line, const TrustPolicyOptions& given) {
  ASSIGN_OR_RETURN(const std::string policy, ReadFile(given.policy_file, kMaxText));
  ASSIGN_OR_RETURN(const std::string pem, ReadFile(given.sign_key_file, kMaxText));
  ASSIGN_OR_RETURN_CONTEXT(const Key key, KeyFromPem(pem), given.sign_key_file);
  ASSIGN_OR_RETURN_CONTEXT(const json envelope, SignEnvelope(key.get(), kPayloadType, policy),
                           "sign trust policy");
  return PrintVerb(line, "trust-policy set", {{"envelope", envelope}});
}

}  // namespace

void AddTrustPolicyCommands(CLI::App& app, CommandLine& line) {
  auto given = std::make_shared<TrustPolicyOptions>();
  CLI::App* group =
      app.add_subcommand("trust-policy", "what nodes are told to trust")->require_subcommand(1);
  CLI::App* set = group->add_subcommand("set", "sign a policy and offer it from now on");
  set->add_option("FILE", given->policy_file, "the policy (node-api.md 12.4), JSON")->required();
  set->add_option("--sign-key", given->sign_key_file, "ECDSA P-256 private key, PEM")->required();
  set->callback([given, &line] { line.run = [given, &line] { return RunSet(line, *given); }; });

  CLI::App* clear = group->add_subcommand("clear", "offer none, as a server that lacks the route");
  clear->callback([&line] {
    line.run = [&line] { return PrintVerb(line, "trust-policy clear", json::object()); };
  });
}

}  // namespace powernode::platform

// Invariant: any text is refused as bad_policy or is a policy in which every rule can accept
// somebody; and no text that nobody signed is a policy of the platform.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "verify/platform_policy.h"
#include "verify/policy_file.h"

namespace {

constexpr const char* kPem = R"(-----BEGIN PUBLIC KEY-----
MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEISr5uI4HxWD1ywZLUlKGq+1IUXvn
vbUl68zqI4wRfLTsZwpJ1/cKT+9y9jLgJkFvfRKYkprehDOQtAZINBrXpQ==
-----END PUBLIC KEY-----
)";

void Require(bool held) {
  if (!held) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace powernode;
  using namespace powernode::verify;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  TrustStore trust;
  Require(trust.Add(kPem, "trust/owner.pem").ok());
  Require(!OpenPlatformPolicy(text, trust, 0).ok());
  const Result<Policy> policy =
      ParsePolicy(text, "policy.json", trust, [](const std::string& name) -> Result<std::string> {
        return Error(ErrorKind::kNotFound, "not_found", name);
      });
  if (!policy) {
    Require(policy.error().code() == "bad_policy");
    return 0;
  }
  Require(!policy->rules.empty());
  for (const PolicyRule& rule : policy->rules)
    Require(!rule.modules.empty() && sigstore::CheckRequirements(rule.requirements).ok());
  return 0;
}

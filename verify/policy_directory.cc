#include "verify/policy_directory.h"

#include <utility>

#include "agent/base/files.h"
#include "verify/policy_file.h"
#include "verify/sigstore/strict_json.h"
#include "verify/trust_directory.h"

namespace powernode::verify {

LoadedPolicy LoadPolicy(const std::string& file, const std::string& trust_directory) {
  LoadedTrust trust = LoadTrustDirectories({trust_directory});
  LoadedPolicy loaded{.policy = {}, .problems = std::move(trust.problems)};
  const Result<std::string> text = ReadFile(file, sigstore::kMaxDocument);
  if (!text && text.error().kind() == ErrorKind::kNotFound) {
    loaded.policy = Policy::BuiltIn(std::move(trust.store));
    return loaded;
  }
  Result<Policy> policy =
      text ? ParsePolicy(*text, file, std::move(trust.store),
                         [&](const std::string& name) {
                           return ReadFile(JoinPath(trust_directory, name), sigstore::kMaxDocument);
                         })
           : Result<Policy>(Error(ErrorKind::kInvalid, "bad_policy", text.error().message()));
  if (policy) {
    loaded.policy = *std::move(policy);
  } else {
    loaded.problems.push_back(policy.error());
    loaded.policy = Policy::Broken(std::move(policy).error(), file);
  }
  return loaded;
}

}  // namespace powernode::verify

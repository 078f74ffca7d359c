#include "tests/verify/sigstore/vector_case.h"

#include <memory>
#include <utility>

#include "agent/base/encoding.h"
#include "tests/verify/vectors.h"
#include "verify/sigstore/policy_key.h"
#include "verify/sigstore/trusted_root.h"

namespace powernode::testing {
namespace {

using namespace verify::sigstore;

Result<TextRule> ReadRule(const Json& identity, const std::string& name) {
  if (identity.contains(name)) return TextRule::Exact(identity[name].get<std::string>());
  return TextRule::Pattern(identity.value(name + "_regexp", ""));
}

Result<Requirements> ReadPolicy(const Json& policy) {
  Requirements requirements;
  requirements.mode = policy["mode"] == "key" ? TrustMode::kKey : TrustMode::kKeyless;
  for (const Json& path : policy.value("keys", Json::array())) {
    ASSIGN_OR_RETURN(auto key, ParsePolicyKey(ReadVector(path.get<std::string>())));
    requirements.keys.push_back(std::move(key));
  }
  for (const Json& identity : policy.value("identities", Json::array())) {
    ASSIGN_OR_RETURN(TextRule san, ReadRule(identity, "san"));
    ASSIGN_OR_RETURN(TextRule issuer, ReadRule(identity, "issuer"));
    requirements.identities.push_back({.san = std::move(san), .issuer = std::move(issuer)});
  }
  if (policy.contains("trusted_root")) {
    ASSIGN_OR_RETURN(TrustedRoot root,
                     ParseTrustedRoot(ReadVector(policy["trusted_root"].get<std::string>())));
    requirements.trusted_root = std::make_shared<const TrustedRoot>(std::move(root));
  }
  requirements.tlog_threshold = policy["tlog_threshold"];
  requirements.sct_threshold = policy["sct_threshold"];
  requirements.timestamp_threshold = policy["timestamp_threshold"];
  requirements.tsa_threshold = policy.value("tsa_threshold", 0);
  if (policy.contains("predicate_type")) requirements.predicate_type = policy["predicate_type"];
  requirements.allow_legacy = policy.value("allow_legacy", false);
  const Json annotations = policy.value("annotations", Json::object());
  for (const auto& [name, value] : annotations.items()) requirements.annotations[name] = value;
  if (policy.contains("docker_reference"))
    requirements.docker_reference = policy["docker_reference"];
  return requirements;
}

}  // namespace

Artifact VectorCase::Artifact() const {
  if (bytes) return verify::sigstore::Artifact(*bytes);
  verify::sigstore::Artifact artifact;
  for (const auto& [hash, digest] : digests) artifact.SetDigest(hash, digest);
  return artifact;
}

VectorCase ReadVectorCase(const Json& json) {
  VectorCase vector{.id = json["id"],
                    .kind = json["material"]["kind"],
                    .expect_ok = json["expect"] == "ok",
                    .stage = json.value("stage", ""),
                    .optional = json.value("optional", false)};
  const Json& artifact = json["artifact"];
  if (artifact.contains("file")) {
    vector.bytes = ReadVector(artifact["file"].get<std::string>());
  } else {
    for (const auto& [name, hex] : artifact["digest"].items())
      vector.digests.emplace_back(*verify::x509::HashByName(name), FromHex(hex));
  }
  if (json["material"].contains("file"))
    vector.material = ReadVector(json["material"]["file"].get<std::string>());
  vector.requirements = ReadPolicy(json["policy"]);
  return vector;
}

Json ReadVectorIndex() { return ReadJsonVector("index.json")["cases"]; }

std::vector<VectorCase> ReadVectorCases() {
  std::vector<VectorCase> cases;
  for (const Json& json : ReadVectorIndex())
    if (json["material"].contains("file")) cases.push_back(ReadVectorCase(json));
  return cases;
}

Report Run(const VectorCase& vector, const Artifact& artifact, std::string_view material) {
  if (!vector.requirements) return Report::Of(vector.requirements.error());
  MaterialKind kind = MaterialKind::kBundle;
  if (vector.kind == "sig") kind = MaterialKind::kSignature;
  if (vector.kind == "legacy-bundle") kind = MaterialKind::kLegacyBundle;
  return Verify(artifact, kind, material, *vector.requirements);
}

}  // namespace powernode::testing

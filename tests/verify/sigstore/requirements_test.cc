#include "verify/sigstore/requirements.h"

#include <doctest/doctest.h>

#include "tests/verify/sigstore/log_lab.h"
#include "tests/verify/sigstore/vector_case.h"
#include "tests/verify/vectors.h"
#include "verify/sigstore/policy_key.h"
#include "verify/sigstore/verifier.h"

namespace powernode::verify::sigstore::requirements_test {
namespace {

const std::shared_ptr<const TrustedRoot> kRoot = std::make_shared<const TrustedRoot>();

std::vector<x509::PublicKey> Keys() {
  return {*ParsePolicyKey(testing::ReadVector("keys/keyA.pub"))};
}

std::vector<IdentityRule> Identities() {
  return {{.san = *TextRule::Exact("a"), .issuer = *TextRule::Exact("b")}};
}

bool Refused(const Requirements& requirements) {
  const Status status = CheckRequirements(requirements);
  if (status) return false;
  CHECK(status.error().code() == "policy");
  CHECK(status.error().kind() == ErrorKind::kCannotTell);
  // Whatever the material, and with the verdict that the policy is at fault.
  const Report report = Verify(Artifact("x"), MaterialKind::kSignature, "AAAA", requirements);
  CHECK(report.verdict == Verdict::kCouldNotCheck);
  CHECK(report.stage == "policy");
  return true;
}

}  // namespace

TEST_CASE("a policy that is empty or contradicts itself refuses everything") {
  const Requirements keys = Requirements::ForKeys(Keys());
  const Requirements keyless = Requirements::ForIdentities(Identities(), kRoot);
  CHECK_FALSE(Refused(keys));
  CHECK_FALSE(Refused(keyless));
  CHECK_FALSE(Refused(Requirements::ForKeys(Keys(), kRoot)));
  CHECK(Refused(Requirements()));
  CHECK(Refused(Requirements::ForKeys({})));
  CHECK(Refused(Requirements::ForIdentities({}, kRoot)));
  CHECK(Refused(Requirements::ForIdentities(Identities(), nullptr)));

  Requirements other = keyless;
  other.timestamp_threshold = 0;
  CHECK(Refused(other));
  other = keyless;
  other.keys = Keys();
  CHECK(Refused(other));
  other = keys;
  other.identities = Identities();
  CHECK(Refused(other));
  other = keys;
  other.tlog_threshold = 1;
  CHECK(Refused(other));
  other = keys;
  other.timestamp_threshold = 1;
  CHECK(Refused(other));
  other = keys;
  other.sct_threshold = 1;
  CHECK(Refused(other));
  other = keys;
  other.predicate_type = "";
  CHECK(Refused(other));
  other = keys;
  other.mode = static_cast<TrustMode>(7);
  CHECK(Refused(other));
}

TEST_CASE("what the command line asks for is one of each kind of evidence") {
  CHECK(Requirements::ForKeys(Keys()).tlog_threshold == 0);
  CHECK(Requirements::ForKeys(Keys(), kRoot).tlog_threshold == 1);
  const Requirements keyless = Requirements::ForIdentities(Identities(), kRoot);
  CHECK(keyless.tlog_threshold == 1);
  CHECK(keyless.sct_threshold == 1);
  CHECK(keyless.timestamp_threshold == 1);
  CHECK_FALSE(keyless.allow_legacy);
}

TEST_CASE("an option that a form cannot honour is an error, never skipped") {
  const testing::KeyLab lab;
  const std::string bundle = DumpJson(lab.MessageBundle());
  const std::string legacy = R"({"base64Signature":)" +
                             DumpJson(lab.MessageBundle()["messageSignature"]["signature"]) + "}";
  const std::string plain = lab.MessageBundle()["messageSignature"]["signature"];
  const Requirements good = Requirements::ForKeys({*ParsePolicyKey(lab.pem())});
  const auto stage_of = [&](MaterialKind kind, const std::string& text,
                            const Requirements& requirements) {
    return Verify(Artifact(lab.artifact()), kind, text, requirements).stage;
  };
  for (const auto& [kind, text] :
       std::vector<std::pair<MaterialKind, std::string>>{{MaterialKind::kBundle, bundle},
                                                         {MaterialKind::kLegacyBundle, legacy},
                                                         {MaterialKind::kSignature, plain}}) {
    CHECK(stage_of(kind, text, good) == "");
    Requirements other = good;
    other.predicate_type = "lab/v1";
    CHECK(stage_of(kind, text, other) == "predicate");
    other = good;
    other.annotations["a"] = "b";
    CHECK(stage_of(kind, text, other) == "policy");
    other = good;
    other.docker_reference = "a";
    CHECK(stage_of(kind, text, other) == "policy");
    other = good;
    other.trusted_root = kRoot;
    other.tlog_threshold = 1;
    CHECK(stage_of(kind, text, other) == "tlog");
    other.tlog_threshold = 0;
    other.timestamp_threshold = 1;
    CHECK(stage_of(kind, text, other) == "time");
    other.timestamp_threshold = 0;
    other.tsa_threshold = 1;
    CHECK(stage_of(kind, text, other) == "time");
  }
  Requirements wants = good;
  wants.predicate_type = "lab/v1";
  CHECK(stage_of(MaterialKind::kBundle, DumpJson(lab.EnvelopeBundle()), wants) == "");
  wants.predicate_type = "lab/v1 ";
  CHECK(stage_of(MaterialKind::kBundle, DumpJson(lab.EnvelopeBundle()), wants) == "predicate");
}

TEST_CASE("an identity and its issuer count as a pair") {
  const IdentityRule rule{.san = *TextRule::Exact("https://a/.*"),
                          .issuer = *TextRule::Pattern("https://(x|y)")};
  CHECK(rule.Accepts("https://a/.*", "https://x"));
  CHECK_FALSE(rule.Accepts("https://a/b", "https://x"));
  CHECK_FALSE(rule.Accepts("https://a/.*", "https://z"));
  CHECK_FALSE(rule.Accepts("https://a/.*", "https://xy"));
  CHECK_FALSE(rule.Accepts(std::string_view("https://a/.*\0", 13), "https://x"));
  CHECK_FALSE(TextRule::Exact("").ok());
  CHECK_FALSE(TextRule::Pattern("").ok());
  CHECK_FALSE(TextRule::Pattern("(").ok());
}

TEST_CASE("a policy's key is one PEM block of a public key") {
  const std::string pem = testing::ReadVector("keys/keyA.pub");
  CHECK(ParsePolicyKey(pem).ok());
  CHECK(ParsePolicyKey("\n" + pem + "\n").ok());
  for (const std::string& text :
       {std::string(), pem + pem, "x" + pem, pem.substr(0, pem.size() / 2),
        testing::PemOf("RSA PUBLIC KEY", "x"), testing::PemOf("PRIVATE KEY", "x"),
        testing::PemOf("PUBLIC KEY", "x"), std::string(100'000, ' ') + pem}) {
    const Result<x509::PublicKey> key = ParsePolicyKey(text);
    REQUIRE_FALSE(key.ok());
    CHECK(key.error().code() == "key");
    CHECK(key.error().kind() == ErrorKind::kCannotTell);
  }
}

}  // namespace powernode::verify::sigstore::requirements_test

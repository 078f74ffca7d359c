#include "verify/policy_file.h"

#include <doctest/doctest.h>

#include "tests/verify/signer.h"

namespace powernode::verify::policy_file_test {
namespace {

class Files {
 public:
  Files() {
    REQUIRE(trust_.Add(owner.PublicPem(), "/etc/powernode/trust/owner.pem").ok());
    REQUIRE(trust_.Add(vendor.PublicPem(), "/etc/powernode/trust/vendor.pem").ok());
  }

  Result<Policy> Parse(const std::string& text) const {
    return ParsePolicy(text, "/etc/powernode/policy.json", trust_,
                       [](const std::string& name) -> Result<std::string> {
                         return Error(ErrorKind::kNotFound, "not_found", "no " + name);
                       });
  }
  // With the members of one rule.
  Result<Policy> ParseRule(const std::string& members) const {
    return Parse(R"({"format":"powernode-policy","version":1,"rules":[{)" + members + "}]}");
  }

  testing::Signer owner;
  testing::Signer vendor;

 private:
  TrustStore trust_;
};

}  // namespace

TEST_CASE("reads every member") {
  const Files files;
  const Result<Policy> policy = files.Parse(R"({
    "format": "powernode-policy", "version": 1, "mode": "audit", "verity": "require",
    "rules": [
      {"modules": ["base", "nginx-*"], "keys": ["owner.pem"]},
      {"modules": ["vendor-*"], "keys": ["vendor.pem", "owner.pem"], "binding": "blob-only"},
      {"modules": ["*"], "keys": ["*"]}],
    "revisions": {"m1": 12}})");
  REQUIRE_MESSAGE(policy.ok(), policy.error().message());
  CHECK(policy->mode == TrustMode::kAudit);
  CHECK(policy->verity == VerityMode::kRequire);
  REQUIRE(policy->rules.size() == 3);
  CHECK(policy->rules[0].name == "rule 1 (base, nginx-*)");
  CHECK(policy->rules[0].binding == Binding::kStatement);
  CHECK(policy->rules[0].requirements.keys.size() == 1);
  CHECK(policy->rules[1].binding == Binding::kBlobOnly);
  CHECK(policy->rules[1].requirements.keys.size() == 2);
  CHECK(policy->rules[2].requirements.keys.size() == 2);
  CHECK(policy->FloorOf("m1") == 12);
  CHECK(policy->FloorOf("m2") == 0);
  CHECK(policy->RuleFor("nginx-extra") == &policy->rules[0]);
  CHECK(policy->RuleFor("vendor-x") == &policy->rules[1]);
  CHECK(policy->RuleFor("anything") == &policy->rules[2]);
}

TEST_CASE("what is not understood is an error that names the member, never a default") {
  const Files files;
  const std::string rule = R"("rules":[{"modules":["*"],"keys":["*"]}])";
  const auto top = [&](const std::string& members) {
    return files.Parse(R"({"format":"powernode-policy","version":1,)" + members + "}");
  };
  REQUIRE(top(rule).ok());
  const struct {
    Result<Policy> parsed;
    const char* words;
  } cases[] = {
      {files.Parse(""), ""},
      {files.Parse("[]"), ""},
      {files.Parse(R"({"format":"powernode-policy","version":2,)" + rule + "}"), "version 1"},
      {files.Parse("{" + rule + "}"), "format"},
      {top(rule + R"(,"mode":"off")"), "\"off\""},
      {top(rule + R"(,"mode":5)"), "mode"},
      {top(rule + R"(,"verity":"maybe")"), "maybe"},
      {top(rule + R"(,"unknown":1)"), "unknown"},
      {top(rule + R"(,"revisions":{"m":"x"})"), "revisions"},
      {top(rule + R"(,"revisions":[])"), "revisions"},
      {top(R"("rules":[])"), "rules"},
      {top(R"("mode":"enforce")"), "rules"},
      {files.ParseRule(R"("keys":["*"])"), "modules"},
      {files.ParseRule(R"("modules":[],"keys":["*"])"), "modules"},
      {files.ParseRule(R"("modules":["[a-z]"],"keys":["*"])"), "modules"},
      {files.ParseRule(R"("modules":["*"])"), "keys"},
      {files.ParseRule(R"("modules":["*"],"keys":[])"), "keys"},
      {files.ParseRule(R"("modules":["*"],"keys":["other.pem"])"), "other.pem"},
      {files.ParseRule(R"("modules":["*"],"keys":["*"],"binding":"none")"), "none"},
      {files.ParseRule(R"("modules":["*"],"keys":["*"],"threshold":1)"), "threshold"},
      {files.ParseRule(R"("modules":["*"],"keys":["*"],"tlog_threshold":-1)"), "tlog_threshold"},
      {files.ParseRule(R"("modules":["*"],"keys":["*"],"tlog_threshold":1)"), "trusted root"},
      {files.ParseRule(R"("modules":["*"],"keys":["*"],"identities":[{"san":"a","issuer":"b"}])"),
       "identities"},
      {files.ParseRule(R"("modules":["*"],"identities":[{"san":"a","issuer":"b"}])"),
       "trusted root"},
      {files.ParseRule(R"("modules":["*"],"identities":[{"san":"a"}],"trusted_root":"r.json")"),
       "r.json"},
      {files.ParseRule(R"("modules":["*"],"keys":["*"],"trusted_root":"../r.json")"),
       "trusted_root"},
      {files.ParseRule(R"("modules":["*"],"modules":["*"],"keys":["*"])"), ""},
  };
  for (const auto& row : cases) {
    CAPTURE(row.words);
    REQUIRE_FALSE(row.parsed.ok());
    CHECK(row.parsed.error().kind() == ErrorKind::kInvalid);
    CHECK(row.parsed.error().code() == "bad_policy");
    CAPTURE(row.parsed.error().message());
    CHECK(row.parsed.error().message().starts_with("/etc/powernode/policy.json: "));
    CHECK(row.parsed.error().message().find(row.words) != std::string::npos);
  }
}

}  // namespace powernode::verify::policy_file_test

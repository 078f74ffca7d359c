// What a module statement binds: a good signature of one module is none of another, nor of an older
// one.
#include <doctest/doctest.h>

#include "agent/base/files.h"
#include "agent/base/json.h"
#include "agent/base/syscalls.h"
#include "tests/support/temporary_directory.h"
#include "tests/verify/signer.h"
#include "verify/image_verifier.h"

namespace powernode::verify::image_binding_test {
namespace {

constexpr const char* kContent = "the bytes of a module";

class Module {
 public:
  Module() { REQUIRE(WriteFile(directory_ / "image", kContent, 0600).ok()); }

  DigestedFile Measure() const {
    Result<Fd> fd = Open(directory_ / "image", O_RDONLY);
    REQUIRE(fd.ok());
    Result<DigestedFile> file = DigestFile(*std::move(fd));
    REQUIRE(file.ok());
    return *std::move(file);
  }

  // A statement that holds; tests change members.
  Json Statement() const {
    return {{"_type", "https://in-toto.io/Statement/v1"},
            {"subject",
             {{{"name", "nginx"}, {"digest", {{"sha256", BlobDigest::Of(kContent).Hex()}}}}}},
            {"predicateType", kModulePredicateType},
            {"predicate",
             {{"moduleId", "m1"},
              {"name", "nginx"},
              {"version", "1.26"},
              {"architecture", NodeArchitecture()},
              {"imageFsverity", Measure().fsverity().Hex()},
              {"revision", 7}}}};
  }

  Result<VerifiedImage> Verify(const Json& statement) { return Verify(statement, policy); }
  Result<VerifiedImage> Verify(const Json& statement, const Policy& by, bool confirmed = false) {
    ImageClaim claim{.module_id = "m1",
                     .name = "nginx",
                     .digest = BlobDigest::Of(kContent),
                     .size = std::string_view(kContent).size(),
                     .signature = signer.SignStatement(DumpJson(statement))};
    claim.confirmed = confirmed;
    return ImageVerifier(by).Verify(Measure(), claim);
  }

  testing::Signer signer;
  Policy policy = [this] {
    Policy made = signer.Policy(Binding::kStatement);
    made.verity = VerityMode::kOff;
    return made;
  }();

 private:
  testing::TemporaryDirectory directory_;
};

std::string CodeOf(const Result<VerifiedImage>& outcome) {
  return outcome ? "" : outcome.error().code();
}

}  // namespace

TEST_CASE("a statement that says what the platform says proves the module") {
  Module module;
  const Result<VerifiedImage> image = module.Verify(module.Statement());
  REQUIRE_MESSAGE(image.ok(), image.error().message());
  const VerificationReport& report = image->report();
  CHECK(report.proven == std::vector<std::string>{"sha256", "size", "signature", "module"});
  REQUIRE(report.statement);
  CHECK(report.statement->revision == 7);
  CHECK(report.statement->version == "1.26");
  CHECK(report.rule == "built-in rule (any trusted key)");
  CHECK(report.Summary().ends_with(", revision 7"));
  const OrderedJson json = ToJson(report);
  CHECK(json["statement"]["module_id"] == "m1");
  CHECK(json["key_id"] == module.signer.Trust().keys()[0].id);
}

TEST_CASE("a signed statement about anything else is refused") {
  Module module;
  const auto with = [&](std::string_view member, const Json& value) {
    Json statement = module.Statement();
    statement["predicate"][std::string(member)] = value;
    return CodeOf(module.Verify(statement));
  };
  CHECK(with("moduleId", "m2") == "statement_mismatch");
  CHECK(with("name", "apache") == "statement_mismatch");
  CHECK(with("imageFsverity", std::string(64, '0')) == "fsverity_mismatch");
  CHECK(with("architecture", NodeArchitecture() == "amd64" ? "arm64" : "amd64") ==
        "wrong_architecture");
  CHECK(with("architecture", "all").empty());
  CHECK(with("something", "new").empty());

  CHECK(with("revision", 0) == "statement_invalid");
  CHECK(with("revision", -1) == "statement_invalid");
  CHECK(with("revision", "7") == "statement_invalid");
  CHECK(with("revision", 7.5) == "statement_invalid");
  CHECK(with("name", "") == "statement_invalid");
  CHECK(with("name", "ngi nx") == "statement_invalid");
  CHECK(with("version", nullptr) == "statement_invalid");
  CHECK(with("imageFsverity", std::string(64, 'A')) == "statement_invalid");

  Json other = module.Statement();
  other["predicateType"] = "https://spdx.dev/Document";
  CHECK(CodeOf(module.Verify(other)) == "statement_invalid");
  other = module.Statement();
  other["subject"][0]["digest"]["sha256"] = BlobDigest::Of("x").Hex();
  CHECK(CodeOf(module.Verify(other)) == "signature_invalid");
  other = module.Statement();
  other["subject"].push_back(other["subject"][0]);
  CHECK(CodeOf(module.Verify(other)) == "statement_invalid");
}

TEST_CASE("an older revision than one that ran healthily is refused, and an equal one is not") {
  Module module;
  Policy policy = module.policy;
  policy.floors["m1"] = 7;
  CHECK(module.Verify(module.Statement(), policy).ok());
  policy.RaiseFloors({{"m1", 8}, {"m2", 100}});
  policy.RaiseFloors({{"m1", 3}});
  const Result<VerifiedImage> refused = module.Verify(module.Statement(), policy);
  CHECK(CodeOf(refused) == "revision_too_old");
  CHECK(refused.error().message().find("nothing older than 8") != std::string::npos);
  // The last known good set is not taken away by what has become stricter since.
  const Result<VerifiedImage> kept = module.Verify(module.Statement(), policy, true);
  REQUIRE(kept.ok());
  CHECK(kept->report().violation == "revision_too_old");
}

TEST_CASE("a signature over the bytes alone needs the word blob-only, confirmed or not forged") {
  Module module;
  ImageClaim claim{.module_id = "m1",
                   .name = "nginx",
                   .digest = BlobDigest::Of(kContent),
                   .signature = module.signer.Sign(BlobDigest::Of(kContent))};
  const ImageVerifier strict(module.policy);
  const Result<VerifiedImage> refused = strict.Verify(module.Measure(), claim);
  CHECK(CodeOf(refused) == "statement_missing");
  CHECK(refused.error().message().find("\"binding\": \"blob-only\"") != std::string::npos);
  CHECK_FALSE(strict.CheckClaim(claim).ok());

  Policy loose = module.policy;
  loose.rules.front().binding = Binding::kBlobOnly;
  const Result<VerifiedImage> taken = ImageVerifier(loose).Verify(module.Measure(), claim);
  REQUIRE(taken.ok());
  CHECK(taken->report().not_proven.front().find("name") != std::string::npos);

  claim.confirmed = true;
  CHECK(strict.Verify(module.Measure(), claim).ok());
  claim.signature = testing::Signer().Sign(BlobDigest::Of(kContent));
  CHECK(CodeOf(strict.Verify(module.Measure(), claim)) == "signature_invalid");
}

TEST_CASE("revoked keys and digests, modules without a rule, and a broken policy are refused") {
  Module module;
  Policy policy = module.policy;
  policy.revoked_digests.insert(BlobDigest::Of(kContent));
  CHECK(CodeOf(module.Verify(module.Statement(), policy)) == "digest_revoked");
  policy = module.policy;
  policy.revoked_keys.insert(module.signer.Trust().keys()[0].id);
  CHECK_FALSE(module.Verify(module.Statement(), policy).ok());
  policy = module.policy;
  policy.rules.front().modules = {"web-*", "db"};
  CHECK(CodeOf(module.Verify(module.Statement(), policy)) == "no_policy_rule");
  policy.rules.front().modules = {"n?in*"};
  CHECK(module.Verify(module.Statement(), policy).ok());
  policy = Policy::Broken(Error(ErrorKind::kInvalid, "bad_policy", "torn"), "policy.json");
  CHECK(CodeOf(module.Verify(module.Statement(), policy)) == "bad_policy");
}

TEST_CASE("the kernel's fs-verity, where the policy wants it") {
  Module module;
  Policy policy = module.policy;
  policy.verity = VerityMode::kAuto;
  const Result<VerifiedImage> image = module.Verify(module.Statement(), policy);
  REQUIRE(image.ok());
  CHECK_FALSE(image->report().kernel_verity);  // nobody enabled it on this file
  policy.verity = VerityMode::kRequire;
  CHECK(CodeOf(module.Verify(module.Statement(), policy)) == "verity_required");
}

}  // namespace powernode::verify::image_binding_test

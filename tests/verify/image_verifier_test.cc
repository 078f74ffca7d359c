#include "verify/image_verifier.h"

#include <doctest/doctest.h>

#include "agent/base/files.h"
#include "agent/base/syscalls.h"
#include "tests/support/temporary_directory.h"
#include "tests/verify/signer.h"

namespace powernode::verify::image_verifier_test {
namespace {

constexpr const char* kContent = "the bytes of an image";

class Image {
 public:
  explicit Image(const std::string& content = kContent) {
    Status written = WriteFile(directory_ / "image", content, 0600);
    REQUIRE(written.ok());
  }

  DigestedFile Measure() const {
    Result<Fd> fd = Open(directory_ / "image", O_RDONLY);
    REQUIRE(fd.ok());
    Result<DigestedFile> file = DigestFile(std::move(fd).value());
    REQUIRE(file.ok());
    return std::move(file).value();
  }

 private:
  testing::TemporaryDirectory directory_;
};

ImageClaim Claim(std::optional<std::string> signature) {
  return ImageClaim{.module_id = "m1",
                    .name = "nginx",
                    .digest = BlobDigest::Of(kContent),
                    .size = std::string_view(kContent).size(),
                    .signature = std::move(signature)};
}

Policy BlobOnly(TrustStore trust, TrustMode mode = TrustMode::kEnforce) {
  Policy policy = Policy::BuiltIn(std::move(trust));
  for (PolicyRule& rule : policy.rules) rule.binding = Binding::kBlobOnly;
  policy.mode = mode;
  policy.verity = VerityMode::kOff;
  return policy;
}

bool Mentions(const Error& error, std::string_view words) {
  return error.message().find(words) != std::string::npos;
}

}  // namespace

TEST_CASE("a signed image is proven, and the report says by which key and what was not proven") {
  testing::Signer signer;
  const Image image;
  const ImageVerifier verifier(BlobOnly(signer.Trust()));
  const Result<VerifiedImage> verified =
      verifier.Verify(image.Measure(), Claim(signer.Sign(BlobDigest::Of(kContent))));
  REQUIRE(verified.ok());
  CHECK(verified->digest() == BlobDigest::Of(kContent));
  CHECK(verified->size() == std::string_view(kContent).size());
  CHECK(verified->fd().valid());
  CHECK(verified->report().key_id() == signer.Trust().keys()[0].id);
  CHECK(verified->report().proven == std::vector<std::string>{"sha256", "size", "signature"});
  CHECK(verified->report().not_proven.size() == 1);
  CHECK(verified->report().violation.empty());
  CHECK(verified->report().Summary().starts_with("key "));
}

TEST_CASE("any of several trusted keys may have signed, in any served form") {
  testing::Signer other;
  testing::Signer signer;
  TrustStore trust = other.Trust();
  REQUIRE(trust.Add(signer.PublicPem(), "second").ok());
  const std::string id = signer.Trust().keys()[0].id;
  const ImageVerifier verifier(BlobOnly(trust));
  const std::string base64 = signer.Sign(BlobDigest::Of(kContent));
  const Image image;
  for (const std::string& form :
       {base64, R"({"base64Signature":")" + base64 + R"("})",
        R"({"base64Signature":")" + base64 + R"(","keyid":")" + id + R"("})"}) {
    CAPTURE(form);
    CHECK(verifier.CheckClaim(Claim(form)).ok());
    const Result<VerifiedImage> verified = verifier.Verify(image.Measure(), Claim(form));
    REQUIRE(verified.ok());
    CHECK(verified->report().key_id() == id);
  }
}

TEST_CASE(
    "what is wrong is refuted, what cannot be checked is not, and each message names the way out") {
  testing::Signer signer;
  testing::Signer stranger;
  TrustStore trust = signer.Trust();
  trust.AddPlace("/etc/powernode/trust/*.pem");
  const std::string good = signer.Sign(BlobDigest::Of(kContent));
  const std::string stranger_id = stranger.Trust().keys()[0].id;
  const struct {
    const char* what;
    TrustStore trust;
    std::optional<std::string> signature;
    ErrorKind kind;
    const char* code;
    const char* words;
  } cases[] = {
      {"signature of other bytes", trust, signer.Sign(BlobDigest::Of("other")), ErrorKind::kRefuted,
       "signature_invalid", "belongs to other bytes"},
      {"signature by a key we do not trust", trust, stranger.Sign(BlobDigest::Of(kContent)),
       ErrorKind::kRefuted, "signature_invalid", "/etc/powernode/trust/*.pem"},
      {"signature that names a key we do not trust", trust,
       R"({"base64Signature":")" + stranger.Sign(BlobDigest::Of(kContent)) + R"(","keyid":")" +
           stranger_id + R"("})",
       ErrorKind::kCannotTell, "key_unknown", "/etc/powernode/trust/*.pem"},
      {"base64 of nonsense", trust, "AAAA", ErrorKind::kRefuted, "signature_invalid",
       "trusted key"},
      {"not base64", trust, "!!", ErrorKind::kRefuted, "signature_invalid", "(parse)"},
      {"empty", trust, "", ErrorKind::kRefuted, "signature_invalid", "(parse)"},
      {"not JSON", trust, "{", ErrorKind::kRefuted, "signature_invalid", "malformed"},
      {"no signature", trust, std::nullopt, ErrorKind::kCannotTell, "signature_missing",
       "sign-blob"},
      {"no trusted key", TrustStore(), good, ErrorKind::kCannotTell, "no_trust_keys",
       "powernode.verify=audit"},
      {"neither", TrustStore(), std::nullopt, ErrorKind::kCannotTell, "no_trust_keys",
       "/etc/powernode/trust/*.pem"},
  };
  const Image image;
  for (const auto& bad : cases) {
    CAPTURE(bad.what);
    const ImageVerifier enforce(BlobOnly(bad.trust));
    const Result<VerifiedImage> refused = enforce.Verify(image.Measure(), Claim(bad.signature));
    REQUIRE_FALSE(refused.ok());
    CHECK(refused.error().kind() == bad.kind);
    CHECK(refused.error().code() == bad.code);
    CHECK(Mentions(refused.error(), bad.words));
    CHECK(Mentions(refused.error(), "nginx"));

    const Status before_fetching = enforce.CheckClaim(Claim(bad.signature));
    REQUIRE_FALSE(before_fetching.ok());
    CHECK(before_fetching.error().code() == bad.code);

    const ImageVerifier audit(BlobOnly(bad.trust, TrustMode::kAudit));
    CHECK(audit.CheckClaim(Claim(bad.signature)).ok());
    const Result<VerifiedImage> reported = audit.Verify(image.Measure(), Claim(bad.signature));
    REQUIRE(reported.ok());
    CHECK(reported->report().violation == bad.code);
    CHECK_FALSE(reported->report().key_id());
    CHECK(reported->report().proven == std::vector<std::string>{"sha256", "size"});
    CHECK(reported->report().Summary().find(bad.code) != std::string::npos);
  }
}

TEST_CASE("wrong bytes are refused in every mode, also with a valid signature of the right ones") {
  testing::Signer signer;
  const Image tampered("the bytes of an imagE");
  const Image shorter("the bytes");
  for (const TrustMode mode : {TrustMode::kEnforce, TrustMode::kAudit}) {
    const ImageVerifier verifier(BlobOnly(signer.Trust(), mode));
    const ImageClaim claim = Claim(signer.Sign(BlobDigest::Of(kContent)));
    const Result<VerifiedImage> wrong = verifier.Verify(tampered.Measure(), claim);
    REQUIRE_FALSE(wrong.ok());
    CHECK(wrong.error().kind() == ErrorKind::kRefuted);
    CHECK(wrong.error().code() == "digest_mismatch");
    const Result<VerifiedImage> cut = verifier.Verify(shorter.Measure(), claim);
    REQUIRE_FALSE(cut.ok());
    CHECK(cut.error().code() == "size_mismatch");
    CHECK(Mentions(cut.error(), "9 bytes"));
  }
}

TEST_CASE("a signed image of one digest cannot stand in for another") {
  testing::Signer signer;
  const Image other("another signed image");
  const ImageVerifier verifier(BlobOnly(signer.Trust()));
  ImageClaim claim = Claim(signer.Sign(BlobDigest::Of("another signed image")));
  claim.size.reset();
  CHECK_FALSE(verifier.Verify(other.Measure(), claim).ok());
}

TEST_CASE("mode words") {
  CHECK(ParseTrustMode("audit").value() == TrustMode::kAudit);
  CHECK(ParseTrustMode("enforce").value() == TrustMode::kEnforce);
  for (const char* word : {"", "off", "Audit", "none"}) {
    CAPTURE(word);
    CHECK_FALSE(ParseTrustMode(word).ok());
  }
  CHECK(TrustModeName(TrustMode::kAudit) == "audit");
}

}  // namespace powernode::verify::image_verifier_test

#include "verify/platform_policy.h"

#include <doctest/doctest.h>

#include "agent/base/encoding.h"
#include "agent/base/json.h"
#include "tests/verify/signer.h"

namespace powernode::verify::platform_policy_test {
namespace {

constexpr std::int64_t kNow = 1'800'000'000;
constexpr std::string_view kType = "application/vnd.powernode.trust-policy.v1+json";

Json Payload() { return {{"format", "powernode-trust-policy"}, {"version", 1}, {"revision", 4}}; }

std::string Envelope(testing::Signer& signer, const Json& payload, std::string_view type = kType) {
  return signer.SignEnvelope(type, DumpJson(payload));
}

}  // namespace

TEST_CASE("a policy of the platform tightens, and does nothing else") {
  testing::Signer owner;
  testing::Signer retired;
  TrustStore trust = owner.Trust();
  REQUIRE(trust.Add(retired.PublicPem(), "retired.pem").ok());
  const std::string owner_id = owner.Trust().keys()[0].id;
  const std::string retired_id = retired.Trust().keys()[0].id;
  Json payload = Payload();
  payload["mode"] = "enforce";
  payload["verity"] = "require";
  payload["revoked_digests"] = {BlobDigest::Of("bad").ToString()};
  payload["revoked_keys"] = {std::string(64, 'a')};
  payload["keys"] = {
      {{"keyid", owner_id}, {"role", "policy"}},
      {{"keyid", owner_id}, {"role", "module"}},
      {{"keyid", std::string(64, 'b')}, {"role", "module"}, {"pem", "ignored"}},
      {{"keyid", retired_id}, {"role", "module"}, {"not_after", "2020-01-01T00:00:00Z"}}};
  const Result<PlatformPolicy> platform = OpenPlatformPolicy(Envelope(owner, payload), trust, kNow);
  REQUIRE_MESSAGE(platform.ok(), platform.error().message());
  CHECK(platform->revision == 4);

  Policy policy = Policy::BuiltIn(trust);
  policy.mode = TrustMode::kAudit;
  Tighten(policy, *platform);
  CHECK(policy.mode == TrustMode::kEnforce);
  CHECK(policy.verity == VerityMode::kRequire);
  CHECK(policy.revoked_digests.contains(BlobDigest::Of("bad")));
  CHECK(policy.revoked_keys.contains(std::string(64, 'a')));
  CHECK(policy.revoked_keys.contains(retired_id));
  CHECK_FALSE(policy.revoked_keys.contains(owner_id));
  CHECK(policy.trust.keys().size() == 2);

  // Less than the image asks for is not had.
  payload = Payload();
  payload["mode"] = "off";
  payload["verity"] = "off";
  const Result<PlatformPolicy> loose = OpenPlatformPolicy(Envelope(owner, payload), trust, kNow);
  REQUIRE(loose.ok());
  Policy strict = Policy::BuiltIn(trust);
  strict.verity = VerityMode::kRequire;
  Tighten(strict, *loose);
  CHECK(strict.mode == TrustMode::kEnforce);
  CHECK(strict.verity == VerityMode::kRequire);
}

TEST_CASE("what is unsigned, strange or not understood is not taken") {
  testing::Signer owner;
  testing::Signer stranger;
  const TrustStore trust = owner.Trust();
  const auto with = [&](std::string_view member, const Json& value) {
    Json payload = Payload();
    payload[std::string(member)] = value;
    return Envelope(owner, payload);
  };
  REQUIRE(OpenPlatformPolicy(Envelope(owner, Payload()), trust, kNow).ok());
  Json tampered = Json::parse(Envelope(owner, Payload()));
  Json other = Payload();
  other["revision"] = 5;
  tampered["payload"] = Base64Encode(DumpJson(other));
  Json unsigned_one = Json::parse(Envelope(owner, Payload()));
  unsigned_one["signatures"] = Json::array();
  for (const std::string& text :
       {std::string("{}"), Envelope(stranger, Payload()), DumpJson(tampered),
        DumpJson(unsigned_one), Envelope(owner, Payload(), "application/vnd.in-toto+json"),
        with("format", "other"), with("version", 2), with("revision", 0), with("mode", "maybe"),
        with("verity", "maybe"), with("unknown", 1), with("revoked_digests", {"x"}),
        with("revoked_keys", {5}), with("keys", Json::array()),
        with("keys", {{{"keyid", owner.Trust().keys()[0].id}, {"role", "module"}}}),
        with("keys", {{{"keyid", owner.Trust().keys()[0].id}, {"role", "king"}}}),
        with("cosign", {{"identity_regexp", "a"}}),
        with("cosign", {{"identity_regexp", "("}, {"issuer_regexp", "b"}})}) {
    CAPTURE(text.substr(0, 200));
    const Result<PlatformPolicy> refused = OpenPlatformPolicy(text, trust, kNow);
    REQUIRE_FALSE(refused.ok());
    CHECK(refused.error().kind() == ErrorKind::kRefuted);
    CHECK(refused.error().code() == "trust_policy_rejected");
  }
}

}  // namespace powernode::verify::platform_policy_test

#include <doctest/doctest.h>

#include "tests/platform/test_node.h"

namespace powernode::platform::claim_proof_test {
namespace {

// A node that had a ten-minute certificate, and the device it is now, with a new key.
struct Scene {
  Fixture plane{{"--certificate-lifetime", "600"}};
  FixtureNode identity = plane.AddNode("n1");
  TestNode before{plane, identity};
  TestNode device{plane, {identity.id, ""}};

  Scene() { REQUIRE(before.Enroll().status == 200); }
  void Advance(int seconds) { plane.Verb({"clock", "--advance", std::to_string(seconds)}); }

  std::string DeviceKey() const { return PublicKeySha256(device.key()).value(); }
  std::string Fingerprint() const {
    return FingerprintHex(CertificateFromPem(before.certificate_pem()).value().get());
  }
  std::string Sign(EVP_PKEY* key) const {
    return SignText(key, "powernode-claim-proof-v1\n" + identity.id + "\n" + DeviceKey() + "\n" +
                             Fingerprint() + "\n")
        .value();
  }
  json Claim(const std::string& signature) const {
    const Reply reply = device.PostBare(
        "claim", {{"mac", "52:54:00:12:34:56"},
                  {"instance_id", identity.id},
                  {"device_key_sha256", DeviceKey()},
                  {"proof", {{"certificate_sha256", Fingerprint()}, {"signature", signature}}}});
    CHECK(reply.status == 200);
    return reply.Data();
  }
  json Claim() const { return Claim(Sign(before.key())); }
};

}  // namespace

TEST_SUITE_BEGIN("claim proof");

TEST_CASE("the old key of an ended certificate gets a token for the new key, and nobody else") {
  Scene scene;
  scene.Advance(30 * 24 * 3600);
  const json claimed = scene.Claim();
  REQUIRE(claimed.at("status") == "claimed");
  CHECK(claimed.at("instance_uuid") == scene.identity.id);
  const std::string token = claimed.at("bootstrap_token");
  CHECK(scene.Claim().at("bootstrap_token") == token);
  const TestNode thief(scene.plane, {scene.identity.id, token});
  CHECK(thief.TryEnroll().status == 422);

  const Reply enrolled = scene.device.TryEnroll({{"bootstrap_token", token}});
  REQUIRE(enrolled.status == 200);
  CHECK(enrolled.Data().at("instance_id") == scene.identity.id);
  CHECK(scene.plane.StatusJson().at("claims").empty());
}

TEST_CASE("a spent or an old token is followed by another, until the new certificate is in use") {
  Scene scene;
  const std::string first = scene.Claim().at("bootstrap_token");
  scene.Advance(3601);
  const std::string second = scene.Claim().at("bootstrap_token");
  CHECK(second != first);
  const Reply lost = scene.device.TryEnroll({{"bootstrap_token", second}});
  REQUIRE(lost.status == 200);
  const std::string third = scene.Claim().at("bootstrap_token");
  CHECK(third != second);
  const Reply enrolled = scene.device.TryEnroll({{"bootstrap_token", third}});
  REQUIRE(enrolled.status == 200);
  scene.device.UseCertificate(enrolled.Data().at("cert_pem").get<std::string>());
  CHECK(scene.device.Get("status").status == 200);
  CHECK(scene.Claim().at("status") == "pending");
}

TEST_CASE("what proves nothing waits for a person like any other claim") {
  Scene scene;
  CHECK(scene.Claim(scene.Sign(scene.device.key())).at("status") == "pending");
  CHECK(scene.Claim("not base64").at("status") == "pending");
  const Scene other;
  CHECK(scene.Claim(other.Sign(other.before.key())).at("status") == "pending");
  scene.plane.Verb({"certificate", "revoke", "n1"});
  const json revoked = scene.Claim();
  CHECK(revoked.at("status") == "pending");
  CHECK(revoked.contains("claim_code"));
}

TEST_CASE("a proof ends with its grace, and a terminated node has none") {
  Scene scene;
  scene.plane.Verb({"set", "--claim-proof-grace", "60"});
  scene.Advance(600 + 61);
  CHECK(scene.Claim().at("status") == "pending");
  scene.plane.Verb({"set", "--claim-proof-grace", "3600"});
  CHECK(scene.Claim().at("status") == "claimed");
  scene.plane.Verb({"node", "set", "n1", "--status", "terminated"});
  CHECK(scene.Claim().at("status") == "pending");
}

TEST_SUITE_END();

}  // namespace powernode::platform::claim_proof_test

#include <doctest/doctest.h>

#include "agent/base/encoding.h"
#include "tests/platform/test_node.h"

namespace powernode::platform::trust_policy_test {
namespace {

constexpr const char* kType = "application/vnd.powernode.trust-policy.v1+json";

// A plane, and a policy of the given revision offered by it.
struct Scene {
  Fixture plane;
  std::string key = WriteSignKey(plane);
  TestNode node{plane, plane.AddNode("n1")};

  std::string Policy(const std::string& text) const {
    const std::string path = plane.Directory() + "/policy.json";
    std::ofstream(path) << text;
    return path;
  }
  std::string Offer(std::int64_t revision) {
    // Spaces and order are the owner's, and stay.
    const std::string text = R"({"version" : 1, "format":"powernode-trust-policy","revision": )" +
                             std::to_string(revision) + R"(,"mode":"enforce"})" + "\n";
    plane.SetTrustPolicy(Policy(text), key);
    return text;
  }
};

bool SealHolds(const Scene& scene, const json& envelope) {
  const std::string payload = Base64Decode(envelope.at("payload").get<std::string>()).value();
  return SignatureHolds(scene.key, envelope.at("signatures").at(0).at("sig"),
                        "DSSEv1 " + std::to_string(std::string_view(kType).size()) + " " + kType +
                            " " + std::to_string(payload.size()) + " " + payload);
}

}  // namespace

TEST_SUITE_BEGIN("trust policy");

TEST_CASE("without a policy nothing speaks of one, and asking is no mistake") {
  Scene scene;
  CHECK_FALSE(scene.node.Enroll().Data().contains("trust_policy"));
  CHECK(scene.node.Get("trust/policy").status == 404);
  CHECK_FALSE(scene.node.Post("status/heartbeat", GoodHeartbeat())
                  .Data()
                  .contains("trust_policy_revision"));
  const json status = scene.plane.StatusJson();
  CHECK(status.at("trust_policy").is_null());
  CHECK(status.at("complaints").empty());
  CHECK(scene.plane.ClearTrustPolicy().at("cleared") == false);
}

TEST_CASE(
    "a policy is offered at its route, at enrolment and by its revision, until it is cleared") {
  Scene scene;
  const std::string text = scene.Offer(12);
  const json enrolment = scene.node.Enroll().Data();
  const json envelope = scene.node.Get("trust/policy").Data();
  CHECK(enrolment.at("trust_policy") == envelope);
  CHECK(scene.node.Refresh().Data().at("trust_policy") == envelope);
  CHECK(envelope.size() == 3);
  CHECK(envelope.at("payloadType") == kType);
  CHECK(Base64Decode(envelope.at("payload").get<std::string>()) == text);
  CHECK(SealHolds(scene, envelope));
  const Result<Key> key = KeyFromPem(ReadWhole(scene.key));
  CHECK(envelope.at("signatures").size() == 1);
  CHECK(envelope.at("signatures")[0].at("keyid") == PublicKeySha256(key->get()).value());
  const auto beat = [&scene] {
    return scene.node.Post("status/heartbeat", GoodHeartbeat()).Data();
  };
  CHECK(beat().at("trust_policy_revision") == 12);
  CHECK(scene.plane.StatusJson().at("trust_policy").at("revision") == 12);
  CHECK(scene.plane.Run({"status"}).find("Trust policy: revision 12") != std::string::npos);

  scene.plane.Restart();
  CHECK(scene.node.Get("trust/policy").Data() == envelope);
  scene.Offer(3);  // a server that goes back is the node's to refuse
  CHECK(beat().at("trust_policy_revision") == 3);
  CHECK(scene.plane.ClearTrustPolicy().at("cleared") == true);
  CHECK(scene.node.Get("trust/policy").status == 404);
  CHECK_FALSE(beat().contains("trust_policy_revision"));
}

TEST_CASE("a stranger without a certificate is not told the policy") {
  Scene scene;
  scene.Offer(1);
  CHECK(scene.node.GetBare("trust/policy").status == 401);
}

TEST_CASE("a tampered policy fails its signature at the route and at enrolment") {
  Scene scene;
  scene.Offer(12);
  scene.plane.Fault({"tampered-payload", "--route", "trust/policy"});
  scene.plane.Fault({"forged-payload", "--route", "enroll", "--text", R"({"mode":"off"})"});
  const json enrolled = scene.node.Enroll().Data().at("trust_policy");
  CHECK_FALSE(SealHolds(scene, enrolled));
  CHECK(json::parse(Base64Decode(enrolled.at("payload").get<std::string>()).value()).at("mode") ==
        "off");
  CHECK_FALSE(SealHolds(scene, scene.node.Get("trust/policy").Data()));
  scene.plane.ClearFaults();
  CHECK(SealHolds(scene, scene.node.Get("trust/policy").Data()));
}

TEST_CASE("what is no policy, or no key, is not offered") {
  Scene scene;
  for (const char* text : {"", "{", "[]", "{}", R"({"revision":"1"})", R"({"revision":1.5})"}) {
    CAPTURE(text);
    CHECK_THROWS(scene.plane.SetTrustPolicy(scene.Policy(text), scene.key));
  }
  CHECK_THROWS(scene.plane.SetTrustPolicy(scene.Policy(R"({"revision":1})"), "/nonexistent"));
  CHECK(scene.plane.StatusJson().at("trust_policy").is_null());
}

TEST_SUITE_END();

}  // namespace powernode::platform::trust_policy_test

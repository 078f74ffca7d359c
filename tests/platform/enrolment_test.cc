#include <doctest/doctest.h>

#include <atomic>
#include <set>
#include <thread>
#include <vector>

#include "tests/platform/test_node.h"

namespace powernode::platform::enrolment_test {

TEST_SUITE_BEGIN("enrolment");

TEST_CASE(
    "a token becomes a leaf of the profile, for the key of the request and the id of the node") {
  Fixture plane;
  TestNode node(plane, plane.AddNode("n1"));
  const Reply reply = node.Enroll();
  REQUIRE(reply.status == 200);
  CHECK(reply.Data().at("instance_id") == node.id());
  CHECK(reply.Data().at("ca_chain_pem") == plane.CaPem());
  CHECK(reply.Header("X-Powernode-Features").find("ca-negotiation") != std::string::npos);

  const Result<Certificate> leaf = CertificateFromPem(node.certificate_pem());
  REQUIRE(leaf.ok());
  CHECK(CommonName(leaf->get()) == node.id());
  CHECK(::EVP_PKEY_eq(::X509_get0_pubkey(leaf->get()), node.key()) == 1);
  CHECK(::X509_get_ext_by_NID(leaf->get(), NID_subject_alt_name, -1) < 0);
  CHECK(::X509_get_extended_key_usage(leaf->get()) == XKU_SSL_CLIENT);
  CHECK(::X509_get_key_usage(leaf->get()) == KU_DIGITAL_SIGNATURE);
  CHECK(::X509_check_ca(leaf->get()) == 0);
  CHECK(SerialHex(leaf->get()).size() <= 32);
  CHECK(SerialHex(leaf->get()) < std::string(32, '8'));
  CHECK(NotAfter(leaf->get()) - NotBefore(leaf->get()) == 90 * 24 * 3600 + 300);
  CHECK(node.Get("status").status == 200);
  CHECK(plane.StatusJson().at("complaints").empty());
}

TEST_CASE("a spent token gives the same key the same certificate, and another key nothing") {
  Fixture plane;
  TestNode node(plane, plane.AddNode("n1"));
  const Reply first = node.Enroll();
  REQUIRE(first.status == 200);
  const Reply again = node.TryEnroll();
  CHECK(again.status == 200);
  CHECK(again.Data().at("cert_pem") == first.Data().at("cert_pem"));

  const std::string certificate = node.certificate_pem();
  node.ChangeKey();
  const Reply other = node.TryEnroll();
  CHECK(other.status == 422);
  CHECK(other.document.at("code") == "VALIDATION_ERROR");
  CHECK(plane.StatusOf("n1").at("certificates").size() == 1);
}

TEST_CASE("a replay after the certificate has ended gives the same key another one") {
  Fixture plane({"--certificate-lifetime", "600"});
  TestNode node(plane, plane.AddNode("n1"));
  const Reply first = node.Enroll();
  REQUIRE(first.status == 200);
  plane.Verb({"clock", "--advance", "601"});
  const Reply again = node.Enroll();
  REQUIRE(again.status == 200);
  CHECK(again.Data().at("cert_pem") != first.Data().at("cert_pem"));
  CHECK(node.Get("status").status == 200);
}

TEST_CASE("the replay ends a day after the token was spent") {
  Fixture plane;
  TestNode node(plane, plane.AddNode("n1"));
  REQUIRE(node.Enroll().status == 200);
  plane.Verb({"clock", "--advance", std::to_string(24 * 3600 + 1)});
  CHECK(node.TryEnroll().status == 422);
}

TEST_CASE("a token expires by the control plane's clock") {
  Fixture plane;
  TestNode node(plane, plane.AddNode("n1", {"--token-ttl", "60"}));
  plane.Verb({"clock", "--advance", "61"});
  CHECK(node.TryEnroll().status == 422);
  plane.Verb({"clock"});
  CHECK(node.TryEnroll().status == 200);
}

TEST_CASE("fifty parallel enrolments with one token make one certificate") {
  Fixture plane;
  const FixtureNode identity = plane.AddNode("n1");
  std::vector<std::unique_ptr<TestNode>> nodes;
  for (int i = 0; i < 50; ++i) nodes.push_back(std::make_unique<TestNode>(plane, identity));
  std::atomic<int> accepted = 0;
  std::atomic<int> refused = 0;
  std::vector<std::thread> threads;
  for (const auto& node : nodes) {
    threads.emplace_back([&accepted, &refused, &node] {
      const Reply reply = node->TryEnroll();
      accepted += reply.status == 200 ? 1 : 0;
      refused += reply.status == 422 ? 1 : 0;
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(accepted == 1);
  CHECK(refused == 49);
  CHECK(plane.StatusOf("n1").at("certificates").size() == 1);
  std::set<std::string> keys;
  for (const json& request : plane.Requests("enroll"))
    keys.insert(request.at("key_sha256").get<std::string>());
  CHECK(keys.size() == 50);
}

TEST_CASE("one key that asks many times at once gets one certificate") {
  Fixture plane;
  const TestNode node(plane, plane.AddNode("n1"));
  std::vector<std::string> certificates(20);
  std::vector<std::thread> threads;
  for (std::string& certificate : certificates) {
    threads.emplace_back([&node, &certificate] {
      const Reply reply = node.TryEnroll();
      if (reply.status == 200) certificate = reply.Data().at("cert_pem").get<std::string>();
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(certificates.front() != "");
  CHECK(std::set<std::string>(certificates.begin(), certificates.end()).size() == 1);
  CHECK(plane.StatusOf("n1").at("certificates").size() == 1);
}

TEST_CASE("a request that another key signed is refused and the token stays") {
  Fixture plane;
  TestNode node(plane, plane.AddNode("n1"));
  const Result<Key> other = MakeKey(KeyKind::kEcdsaP256);
  REQUIRE(other.ok());
  CHECK(node.TryEnroll({{"csr_pem", MakeRequestPem(node.key(), other->get())}}).status == 422);
  CHECK(node.TryEnroll({{"csr_pem", "not a request"}}).status == 422);
  CHECK(node.TryEnroll({{"csr_pem", nullptr}}).status == 400);
  CHECK(node.TryEnroll({{"bootstrap_token", nullptr}}).status == 401);
  CHECK(node.TryEnroll({{"bootstrap_token", "wrong"}}).status == 422);
  CHECK(plane.StatusOf("n1").at("unused_tokens") == 1);
  CHECK(node.Enroll().status == 200);
}

TEST_CASE("a node that lists no signature we make keeps its token") {
  Fixture plane({"--ca", "rsa"});
  TestNode node(plane, plane.AddNode("n1"));
  const Reply refused = node.TryEnroll({{"accepted_signature_algorithms", {"ecdsa-sha256"}}});
  CHECK(refused.status == 422);
  CHECK(refused.document.at("code") == "CA_ALGORITHM_UNSUPPORTED");
  CHECK(plane.StatusOf("n1").at("unused_tokens") == 1);
  CHECK(
      node.TryEnroll({{"accepted_signature_algorithms", {"ecdsa-sha256", "rsa-sha256"}}}).status ==
      200);
}

TEST_SUITE_END();

}  // namespace powernode::platform::enrolment_test

#include <doctest/doctest.h>

#include "tests/platform/authority.h"
#include "tests/platform/test_node.h"

namespace powernode::platform::ca_roll_test {
namespace {

std::size_t Count(const std::string& pem) { return CertificatesFromPem(pem).value().size(); }

bool IsSignedBy(const std::string& leaf_pem, const std::string& root_pem) {
  const Result<Certificate> leaf = CertificateFromPem(leaf_pem);
  const Result<Certificate> root = CertificateFromPem(root_pem);
  REQUIRE(leaf.ok());
  REQUIRE(root.ok());
  return ::X509_verify(leaf->get(), ::X509_get0_pubkey(root->get())) == 1;
}

struct Scene {
  Fixture plane;
  TestNode node{plane, plane.AddNode("n1")};
  std::string first_root = plane.CaPem();

  Scene() { REQUIRE(node.Enroll().status == 200); }
};

}  // namespace

TEST_SUITE_BEGIN("ca roll");

TEST_CASE("nobody hears of roots as long as there was no roll") {
  Scene scene;
  CHECK_FALSE(scene.node.Refresh().Data().contains("platform_ca_pem"));
}

TEST_CASE("in the overlap answers name both roots and the old one still signs") {
  Scene scene;
  scene.plane.BeginCaRoll();
  CHECK(scene.plane.CaPem() == scene.first_root);
  const json refreshed = scene.node.Refresh().Data();
  CHECK(Count(refreshed.at("platform_ca_pem")) == 2);
  CHECK(refreshed.at("platform_ca_pem").get<std::string>().starts_with(scene.first_root));
  CHECK(IsSignedBy(refreshed.at("cert_pem"), scene.first_root));
  TestNode second(scene.plane, scene.plane.AddNode("n2"));
  CHECK(second.Enroll().Data().at("platform_ca_pem") == refreshed.at("platform_ca_pem"));
  CHECK_THROWS(scene.plane.BeginCaRoll());
}

TEST_CASE("after it the successor signs, and certificates of the old one still count") {
  Scene scene;
  CHECK_THROWS(scene.plane.FinishCaRoll());
  scene.plane.BeginCaRoll();
  scene.plane.FinishCaRoll();
  const std::string second_root = scene.plane.CaPem();
  CHECK(second_root != scene.first_root);
  CHECK(scene.node.Get("status").status == 200);  // trusts the second root, shows the first's leaf
  const json refreshed = scene.node.Refresh().Data();
  CHECK(refreshed.at("platform_ca_pem") == second_root);
  CHECK(refreshed.at("ca_chain_pem") == second_root);
  CHECK(IsSignedBy(refreshed.at("cert_pem"), second_root));
  scene.node.UseCertificate(refreshed.at("cert_pem"));
  CHECK(scene.node.Get("status").status == 200);
  scene.plane.Restart();
  CHECK(scene.node.Get("status").status == 200);
  CHECK(scene.plane.CaPem() == second_root);
}

TEST_CASE("who trusts only a former root still gets in, over the successors it vouched for") {
  Scene scene;
  scene.node.Trust(scene.first_root);
  for (int roll = 0; roll < 2; ++roll) {
    scene.plane.BeginCaRoll();
    scene.plane.FinishCaRoll();
    CHECK(scene.node.Get("status").status == 200);
  }
  scene.node.Trust(Authority::Make("Foreign", KeyKind::kEcdsaP256, MachineTime())->root_pem());
  CHECK_FALSE(scene.node.Get("status").answered);
}

TEST_CASE("a connection that was open before the end of a roll goes on") {
  Scene scene;
  const std::unique_ptr<httplib::SSLClient> client = scene.node.Connect();
  client->set_keep_alive(true);
  const std::string path = std::string(kApiPrefix) + "status";
  REQUIRE(client->Get(path));
  scene.plane.BeginCaRoll();
  scene.plane.FinishCaRoll();
  const httplib::Result again = client->Get(path);
  REQUIRE(again);
  CHECK(again->status == 200);
}

TEST_CASE("the successor may have a key of another kind, and the leaves their own authority") {
  Fixture plane({"--leaf-ca", "ecdsa"});
  TestNode node(plane, plane.AddNode("n1"));
  REQUIRE(node.Enroll().status == 200);
  plane.Verb({"ca", "roll", "--key", "rsa"});
  plane.FinishCaRoll();
  CHECK(node.Get("status").status == 200);
  const Result<Certificate> root = CertificateFromPem(plane.CaPem());
  REQUIRE(root.ok());
  CHECK(::EVP_PKEY_get_base_id(::X509_get0_pubkey(root->get())) == EVP_PKEY_RSA);
  CHECK_THROWS(plane.Verb({"ca", "roll", "--key", "dsa"}));
}

TEST_SUITE_END();

}  // namespace powernode::platform::ca_roll_test

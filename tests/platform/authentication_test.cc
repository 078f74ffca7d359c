#include <doctest/doctest.h>

#include "tests/platform/authority.h"
#include "tests/platform/test_node.h"

namespace powernode::platform::authentication_test {

TEST_SUITE_BEGIN("authentication");

TEST_CASE("identity headers and bearers help nobody") {
  Fixture plane;
  TestNode node(plane, plane.AddNode("n1"));
  REQUIRE(node.Enroll().status == 200);
  const Reply nothing = node.GetBare("status");
  CHECK(nothing.status == 401);
  CHECK(nothing.Error() == "Instance token or mTLS client certificate required");
  for (const char* header : {"X-Client-S-DN-CN", "X-Forwarded-TLS-Client-Cert-Subject",
                             "X-Forwarded-Tls-Client-Cert-Info"})
    CHECK(node.GetBare("status", {{header, node.id()}}).status == 401);
  const Reply bearer = node.GetBare("status", {{"Authorization", "Bearer eyJ.eyJ.x"}});
  CHECK(bearer.status == 401);
  CHECK(bearer.Error() == "Invalid instance token");
}

TEST_CASE("a revoked serial is refused while its sibling works") {
  Fixture plane;
  TestNode first(plane, plane.AddNode("n1"));
  REQUIRE(first.Enroll().status == 200);
  TestNode second(plane, {first.id(), plane.AddToken("n1")});
  REQUIRE(second.Enroll().status == 200);
  const Result<Certificate> certificate = CertificateFromPem(first.certificate_pem());
  REQUIRE(certificate.ok());
  plane.Verb({"certificate", "revoke", "n1", "--serial", SerialHex(certificate->get())});
  const Reply refused = first.Get("status");
  CHECK(refused.status == 401);
  CHECK(refused.Error() == "No active certificate on file");
  CHECK(second.Get("status").status == 200);
  CHECK(Complaints(plane, "401 No active certificate") == 1);
}

TEST_CASE("a certificate that we did not record does not count, even from our own authority") {
  Fixture plane;
  TestNode node(plane, plane.AddNode("n1"));
  REQUIRE(node.Enroll().status == 200);
  const Result<Authority> authority =
      Authority::Open(plane.Directory(), "ca", std::nullopt, MachineTime());
  REQUIRE(authority.ok());
  const Result<Certificate> unrecorded =
      authority->IssueLeaf(node.key(), node.id(), MachineTime(), 3600);
  REQUIRE(unrecorded.ok());
  node.UseCertificate(CertificatePem(unrecorded->get()).value());
  CHECK(node.Get("status").status == 401);
}

TEST_CASE("a certificate of a foreign authority ends the handshake") {
  Fixture plane;
  TestNode node(plane, plane.AddNode("n1"));
  const Result<Authority> foreign = Authority::Make("Foreign", KeyKind::kEcdsaP256, MachineTime());
  REQUIRE(foreign.ok());
  const Result<Certificate> leaf = foreign->IssueLeaf(node.key(), node.id(), MachineTime(), 3600);
  REQUIRE(leaf.ok());
  node.UseCertificate(CertificatePem(leaf->get()).value());
  CHECK_FALSE(node.Get("status").answered);
}

TEST_CASE("an expired certificate is answered with 401, by the control plane's clock") {
  Fixture plane;
  plane.Verb({"set", "--leaf-lifetime", "600"});
  TestNode node(plane, plane.AddNode("n1"));
  REQUIRE(node.Enroll().status == 200);
  CHECK(node.Get("status").status == 200);
  plane.Verb({"clock", "--advance", "601"});
  CHECK(node.Get("status").status == 401);
}

TEST_CASE("a certificate is not good before it begins, by the same clock") {
  Fixture plane;
  TestNode node(plane, plane.AddNode("n1"));
  REQUIRE(node.Enroll().status == 200);
  plane.Verb({"clock", "--advance", "-3600"});
  CHECK(node.Get("status").Error() == "No active certificate on file");
  plane.Verb({"clock"});
  CHECK(node.Get("status").status == 200);
}

TEST_CASE("a terminated or removed node is told so") {
  Fixture plane;
  TestNode node(plane, plane.AddNode("n1"));
  REQUIRE(node.Enroll().status == 200);
  plane.Verb({"node", "set", "n1", "--status", "terminated"});
  CHECK(node.Get("status").Error() == "Instance is not active");
  plane.Verb({"node", "remove", "n1"});
  CHECK(node.Get("status").Error() == "Instance not found for mTLS subject");
}

TEST_SUITE_END();

}  // namespace powernode::platform::authentication_test

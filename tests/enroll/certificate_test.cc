#include "enroll/certificate.h"

#include <doctest/doctest.h>

#include "enroll/certificate_outline.h"
#include "enroll/csr.h"
#include "enroll/key.h"
#include "identity/ca_text.h"
#include "tests/enroll/authority.h"

namespace powernode::enroll::certificate_test {
namespace {

using namespace testing;

constexpr std::int64_t kNow = 1'770'000'000;  // 2026-02-02

bool Contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

TEST_SUITE("certificate") {
  TEST_CASE("a key is P-256 in PEM, and each one is another") {
    const Secret one = *GenerateKey();
    const Secret two = *GenerateKey();
    CHECK(one.Reveal().starts_with("-----BEGIN EC PRIVATE KEY-----"));
    CHECK(one.Reveal() != two.Reveal());
    CHECK(CheckKey(one).ok());
    CHECK(CheckKey(Secret("garbage")).error().code() == "bad_key");
    CHECK(CheckKey(Secret("")).error().code() == "bad_key");
  }

  TEST_CASE("a request is PKCS#10, and an id that is more than an id gets none") {
    const Secret key = *GenerateKey();
    CHECK(MakeCsr(key, "node-1")->starts_with("-----BEGIN CERTIFICATE REQUEST-----"));
    CHECK(MakeCsr(key, "a,O=b").error().code() == "bad_instance_uuid");
    CHECK_FALSE(MakeCsr(Secret("x"), "node-1").ok());
  }

  TEST_CASE("reads what a certificate says") {
    const Authority authority;
    const Result<CertificateFacts> facts = ReadCertificate(authority.Issue(*GenerateKey(), {}));
    REQUIRE(facts.ok());
    CHECK(facts->common_name == "node-1");
    CHECK(facts->not_before == LeafWish{}.not_before);
    CHECK(facts->not_after == LeafWish{}.not_after);
    CHECK(facts->serial == "1234ab");
    CHECK(facts->fingerprint.size() == 64);
    CHECK_FALSE(ReadCertificate("").ok());
    CHECK_FALSE(ReadCertificate(kEd25519Root).ok());
  }

  TEST_CASE("each flaw of a new certificate is found and named") {
    const Authority authority;
    const Authority stranger("Test CA");
    const Secret key = *GenerateKey();
    const Secret other_key = *GenerateKey();
    struct Row {
      std::string certificate;
      std::string chain;
      std::string expected;  // empty: good
    };
    const std::string good = authority.Issue(key, {});
    const std::string root = authority.root_pem();
    for (const Row& row : std::vector<Row>{
             {good, root, ""},
             {good, authority.root_pem() + root, ""},
             {authority.Issue(other_key, {}), root, "another key"},
             {authority.Issue(key, {.common_name = "node-2"}), root,
              "it is for \"node-2\", and this node is \"node-1\""},
             {authority.Issue(key, {.not_before = kNow - 200, .not_after = kNow - 100}), root,
              "expired at 2026-02-02T02:38:20Z"},
             {authority.Issue(key, {.not_before = kNow + 3600}), root,
              "valid only from 2026-02-02T03:40:00Z, and this node's clock says "
              "2026-02-02T02:40:00Z"},
             {authority.Issue(key, {.not_before = kNow + 200}), root, ""},
             {authority.Issue(key, {.client_auth = false}), root, "client authentication"},
             {authority.Issue(key, {.digital_signature = false}), root, "key usage"},
             {good, stranger.root_pem(), "did not issue it"},
             {good, root + stranger.root_pem(), "did not issue it"},
             {good, "", "no issuing chain"},
             {"", root, ""},
             {"garbage", root, ""},
         }) {
      const Result<CertificateFacts> facts =
          CheckNewCertificate({.certificate_pem = row.certificate,
                               .chain_pem = row.chain,
                               .instance_id = "node-1",
                               .mtls_subject = ""},
                              key, kNow);
      CAPTURE(row.expected);
      const bool is_certificate = row.certificate.size() > 10;
      CHECK(facts.ok() == (row.expected.empty() && is_certificate));
      if (facts.ok()) continue;
      CAPTURE(facts.error().message());
      CHECK(facts.error().code() == "bad_certificate");
      CHECK(facts.error().kind() == ErrorKind::kRefuted);
      CHECK(Contains(facts.error().message(), row.expected));
    }
  }

  TEST_CASE("the certificate may name the subject the platform announced") {
    const Authority authority;
    const Secret key = *GenerateKey();
    const std::string leaf = authority.Issue(key, {.common_name = "subject-9"});
    CHECK(CheckPair(leaf, key, "node-1", "subject-9").ok());
    CHECK_FALSE(CheckPair(leaf, key, "node-1", "").ok());
  }

  TEST_CASE(
      "Ed25519 is found wherever it stands, and the message names the certificate and the way "
      "out") {
    const Authority authority;
    const Secret key = *GenerateKey();
    const std::string root(kEd25519Root);
    for (const std::string& bundle :
         {root, authority.root_pem() + root, root + authority.root_pem()}) {
      const Status status = CheckTrustRoots(bundle);
      REQUIRE_FALSE(status.ok());
      CHECK(status.error().code() == "ca_algorithm_unsupported");
      CHECK(Contains(status.error().message(), "\"Fleet Root Ed25519\""));
      CHECK(Contains(status.error().message(), "ECDSA P-256"));
    }
    const Result<CertificateFacts> leaf = CheckNewCertificate({.certificate_pem = kLeafByEd25519,
                                                               .chain_pem = root,
                                                               .instance_id = "node-1",
                                                               .mtls_subject = ""},
                                                              key, kNow);
    CHECK(leaf.error().code() == "ca_algorithm_unsupported");
    CHECK(CheckTrustRoots(authority.root_pem()).ok());
  }

  TEST_CASE("roots of which none can be read are no trust anchor") {
    CHECK(CheckTrustRoots("").error().code() == "no_trust_anchor");
    CHECK(CheckTrustRoots(identity::PemOfCertificate(std::string("\x30\x03\x02\x01\x01", 5)))
              .error()
              .code() == "no_trust_anchor");
  }

  TEST_CASE("an outline of cut bytes is an error at every length") {
    const std::string der = identity::DerOfCertificates(kEd25519Root).front();
    REQUIRE(OutlineOf(der).ok());
    for (std::size_t length = 0; length < der.size(); ++length)
      CHECK_FALSE(OutlineOf(der.substr(0, length)).ok());
  }
}

}  // namespace
}  // namespace powernode::enroll::certificate_test

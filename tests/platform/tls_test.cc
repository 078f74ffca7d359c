#include <doctest/doctest.h>

#include "tests/platform/test_node.h"

namespace powernode::platform::tls_test {
namespace {

struct Handshake {
  bool done = false;
  long verify_result = X509_V_OK;
  std::string version;
};

// With OpenSSL itself, trusting the fixture's root and expecting `name` (a DNS name or an address).
Handshake Try(const Fixture& plane, const std::string& name, int max_version = TLS1_3_VERSION) {
  const TlsContext context(::SSL_CTX_new(::TLS_client_method()));
  ::SSL_CTX_load_verify_locations(context.get(), plane.CaPath().c_str(), nullptr);
  ::SSL_CTX_set_max_proto_version(context.get(), max_version);
  const Bio bio(::BIO_new_ssl_connect(context.get()));
  SSL* tls = nullptr;
  BIO_get_ssl(bio.get(), &tls);
  BIO_set_conn_hostname(bio.get(), ("127.0.0.1:" + std::to_string(plane.Port())).c_str());
  X509_VERIFY_PARAM* const expected = ::SSL_get0_param(tls);
  ::X509_VERIFY_PARAM_set_hostflags(expected, X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
  if (::X509_VERIFY_PARAM_set1_ip_asc(expected, name.c_str()) != 1)
    ::X509_VERIFY_PARAM_set1_host(expected, name.c_str(), 0);
  ::SSL_set_verify(tls, SSL_VERIFY_PEER, nullptr);
  Handshake result;
  result.done = BIO_do_connect(bio.get()) == 1;
  result.verify_result = ::SSL_get_verify_result(tls);
  result.version = ::SSL_get_version(tls);
  return result;
}

}  // namespace

TEST_SUITE_BEGIN("tls");

TEST_CASE("speaks TLS 1.3 and 1.2 under its names and addresses") {
  Fixture plane({"--name", "platform.test", "--ip", "10.0.2.2"});
  CHECK(plane.Url().starts_with("https://platform.test:"));
  for (const char* name : {"platform.test", "localhost", "10.0.2.2", "127.0.0.1", "::1"}) {
    CAPTURE(name);
    CHECK(Try(plane, name).done);
  }
  CHECK(Try(plane, "localhost").version == "TLSv1.3");
  CHECK(Try(plane, "localhost", TLS1_2_VERSION).version == "TLSv1.2");
  CHECK_FALSE(Try(plane, "localhost", TLS1_1_VERSION).done);
  CHECK(Try(plane, "elsewhere.test").verify_result == X509_V_ERR_HOSTNAME_MISMATCH);
}

TEST_CASE("shows a certificate with the flaw that was asked for") {
  struct Row {
    const char* certificate;
    long verify_result;
  };
  for (const Row& row : {Row{"good", X509_V_OK}, Row{"expired", X509_V_ERR_CERT_HAS_EXPIRED},
                         Row{"not-yet-valid", X509_V_ERR_CERT_NOT_YET_VALID},
                         Row{"wrong-name", X509_V_ERR_HOSTNAME_MISMATCH},
                         Row{"no-name", X509_V_ERR_HOSTNAME_MISMATCH},
                         Row{"other-ca", X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY}}) {
    CAPTURE(std::string(row.certificate));
    const Fixture plane({"--certificate", row.certificate});
    CHECK(Try(plane, "localhost").verify_result == row.verify_result);
  }
}

TEST_CASE("one connection is shown another certificate, the next the good one again") {
  struct Row {
    const char* certificate;
    long verify_result;
  };
  Fixture plane;
  for (const Row& row : {Row{"expired", X509_V_ERR_CERT_HAS_EXPIRED},
                         Row{"not-yet-valid", X509_V_ERR_CERT_NOT_YET_VALID},
                         Row{"wrong-name", X509_V_ERR_HOSTNAME_MISMATCH},
                         Row{"no-name", X509_V_ERR_HOSTNAME_MISMATCH},
                         Row{"other-ca", X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY}}) {
    CAPTURE(std::string(row.certificate));
    plane.Fault({"server-certificate", "--text", row.certificate, "--count", "1"});
    CHECK(Try(plane, "localhost").verify_result == row.verify_result);
    CHECK(Try(plane, "localhost").done);
  }
  CHECK_THROWS(plane.Fault({"server-certificate", "--text", "pretty"}));
}

TEST_CASE("its certificate is good by the machine's clock too, wherever its own was moved") {
  for (const char* seconds : {"-864000", "864000"}) {
    CAPTURE(std::string(seconds));
    Fixture plane;
    plane.Verb({"clock", "--advance", seconds});
    plane.BeginCaRoll();
    plane.FinishCaRoll();
    plane.Restart();
    CHECK(Try(plane, "localhost").verify_result == X509_V_OK);
  }
}

TEST_CASE("can have an RSA authority") {
  Fixture plane({"--ca", "rsa"});
  TestNode node(plane, plane.AddNode("n1"));
  REQUIRE(node.Enroll().status == 200);
  CHECK(node.Get("status").status == 200);
  const Result<Certificate> leaf = CertificateFromPem(node.certificate_pem());
  REQUIRE(leaf.ok());
  CHECK(::X509_get_signature_nid(leaf->get()) == NID_sha256WithRSAEncryption);
}

TEST_CASE("can have an Ed25519 authority, for itself or for leaves only") {
  {
    Fixture plane({"--ca", "ed25519"});
    const Result<Certificate> root = CertificateFromPem(plane.CaPem());
    REQUIRE(root.ok());
    CHECK(::X509_get_signature_nid(root->get()) == NID_ED25519);
    TestNode node(plane, plane.AddNode("n1"));
    CHECK(node.TryEnroll({{"accepted_signature_algorithms", {"ecdsa-sha256"}}}).status == 422);
    CHECK(plane.StatusOf("n1").at("unused_tokens") == 1);
    REQUIRE(node.Enroll().status == 200);
    CHECK(node.Get("status").status == 200);
    plane.Stop();
    CHECK_THROWS(plane.Run({"serve", "--listen", "127.0.0.1:0", "--ca", "ecdsa"}));
  }
  Fixture plane({"--leaf-ca", "ed25519"});
  TestNode node(plane, plane.AddNode("n1"));
  REQUIRE(node.Enroll().status == 200);
  const Result<Certificate> leaf = CertificateFromPem(node.certificate_pem());
  REQUIRE(leaf.ok());
  CHECK(::X509_get_signature_nid(leaf->get()) == NID_ED25519);
  CHECK(node.Get("status").status == 200);
}

TEST_SUITE_END();

}  // namespace powernode::platform::tls_test

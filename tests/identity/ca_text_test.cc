#include "identity/ca_text.h"

#include <doctest/doctest.h>

#include "tests/identity/sample.h"

namespace powernode::identity::ca_text_test {
namespace {

using testing::SampleCa;

TEST_SUITE("ca_text") {
  TEST_CASE("takes the certificates out of whatever stands around them") {
    const CaText ca = ReadCaText("# our CA\n" + SampleCa(1) + "\r\nsubject: x\n" + SampleCa(2));
    CHECK(ca.pem == SampleCa(1) + SampleCa(2));
    CHECK(ca.problems.empty());
    CHECK(DerOfCertificates(ca.pem).size() == 2);
  }

  TEST_CASE("a member that is no certificate is dropped and named, the others stay") {
    const CaText ca = ReadCaText(
        "-----BEGIN CERTIFICATE-----\nnot base64!\n-----END CERTIFICATE-----\n" + SampleCa(1));
    CHECK(ca.pem == SampleCa(1));
    REQUIRE(ca.problems.size() == 1);
    CHECK(ca.problems[0] == "certificate 1 is not base64 of a certificate");
  }

  TEST_CASE("garbage gives no bundle and says why") {
    for (const std::string text :
         {"", "hello", "-----BEGIN CERTIFICATE-----", "-----BEGIN CERTIFICATE-----\nMAMCAQE="}) {
      const CaText ca = ReadCaText(text);
      CAPTURE(text);
      if (text.find("MAMC") == std::string::npos) CHECK(ca.pem.empty());
      if (ca.pem.empty()) CHECK_FALSE(ca.problems.empty());
    }
  }

  TEST_CASE("more than 32 certificates and more than 256 KiB are refused whole") {
    std::string many;
    for (int i = 0; i < 33; ++i) many += SampleCa(i);
    CHECK(ReadCaText(many).pem.empty());
    CHECK(ReadCaText(SampleCa() + std::string(kMaxCaBytes, 'x')).pem.empty());
  }
}

}  // namespace
}  // namespace powernode::identity::ca_text_test

#include "verify/x509/certificate.h"

#include <doctest/doctest.h>

#include "tests/verify/x509/certificate_maker.h"
#include "verify/x509/certificate_path.h"
#include "verify/x509/der.h"
#include "verify/x509/oids.h"

namespace powernode::verify::x509::certificate_test {
namespace {

using testing::CertificatePlan;
using testing::MakeCertificate;
using testing::MakeCertificateDer;
using testing::MakeExtension;
using testing::SigningKey;

struct Keys {
  SigningKey leaf{MBEDTLS_ECP_DP_SECP256R1};
  SigningKey root{MBEDTLS_ECP_DP_SECP256R1};
};

// An extension that nobody knows: 1.3.6.1.4.1.99999.1.
const std::string_view kUnknown = "\x2b\x06\x01\x04\x01\x86\x8d\x1f\x01";

Instant At(std::string_view year, std::string_view rest) { return *InstantOfDigits(year, rest); }

}  // namespace

TEST_CASE("takes a certificate apart") {
  const Keys keys;
  const CertificatePlan plan{.not_before = "491231235959Z",
                             .not_after = "20500101000000Z",
                             .serial = std::string("\x00\x80", 2),
                             .is_ca = false,
                             .key_usage = 0x80,
                             .purposes = {kOidCodeSigning, kOidTimeStamping}};
  const Certificate certificate = MakeCertificate(plan, keys.leaf, keys.root);
  CHECK(certificate.serial() == plan.serial);
  CHECK(certificate.subject() != certificate.issuer());
  CHECK(certificate.validity().start == At("2049", "1231235959"));
  CHECK(certificate.validity().end == At("2050", "0101000000"));
  REQUIRE(certificate.public_key().ok());
  CHECK(certificate.public_key()->spki() == certificate.spki());
  CHECK_FALSE(certificate.is_ca());
  CHECK(certificate.may_sign_data());
  CHECK_FALSE(certificate.may_sign_certificates());
  CHECK(certificate.purposes().size() == 2);
  CHECK(certificate.HasPurpose(kOidCodeSigning));
  CHECK_FALSE(certificate.HasPurpose(kOidAnyPurpose));
  CHECK(certificate.extensions().size() == 3);
  CHECK(certificate.FindExtension(kOidSctList) == nullptr);
  CHECK(CheckLeaf(certificate).ok());
  CHECK(CheckCodeSigningUsage(certificate).ok());
}

TEST_CASE("without extensions nothing is granted") {
  const Keys keys;
  const Certificate certificate = MakeCertificate({}, keys.leaf, keys.root);
  CHECK_FALSE(certificate.is_ca());
  CHECK_FALSE(certificate.has_key_usage());
  CHECK_FALSE(certificate.may_sign_data());
  CHECK(certificate.purposes().empty());
  CHECK_FALSE(CheckCodeSigningUsage(certificate).ok());
}

TEST_CASE("refuses an extension that occurs twice, known or not") {
  const Keys keys;
  const std::string unknown = MakeExtension(kUnknown, false, "x");
  for (const std::string& extension :
       {unknown,
        MakeExtension(kOidKeyUsage, true, DerEncode(kDerBitString, std::string("\0\x80", 2)))}) {
    CertificatePlan plan{.key_usage = 0x80, .more_extensions = {extension, unknown}};
    const auto refused = Certificate::Parse(MakeCertificateDer(plan, keys.leaf, keys.root));
    REQUIRE_FALSE(refused.ok());
    CHECK(refused.error().kind() == ErrorKind::kRefuted);
    CHECK(refused.error().code() == "cert");
  }
}

TEST_CASE("refuses a critical extension that is not known, and takes any other") {
  const Keys keys;
  CertificatePlan plan{.more_extensions = {MakeExtension(kUnknown, false, "x")}};
  CHECK(CheckLeaf(MakeCertificate(plan, keys.leaf, keys.root)).ok());
  plan.more_extensions = {MakeExtension(kUnknown, true, "x")};
  const Status refused = CheckLeaf(MakeCertificate(plan, keys.leaf, keys.root));
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().code() == "cert");
}

TEST_CASE("refuses what is malformed") {
  const Keys keys;
  const std::string good = MakeCertificateDer({}, keys.leaf, keys.root);
  std::vector<std::string> malformed{"", good + '\0', good.substr(0, good.size() - 1),
                                     good.substr(1), std::string(64 * 1024 + 1, '0')};
  const auto add = [&](const CertificatePlan& plan) {
    malformed.push_back(MakeCertificateDer(plan, keys.leaf, keys.root));
  };
  for (const char* time : {"260101000000", "2601010000Z", "261301000000Z", "260230000000Z",
                           "260101240000Z", "260101006000Z", "260101000060Z", "2601010000+0Z",
                           "260101000000z", "20260101000000", "20260101000000.5Z"})
    add({.not_before = time});
  add({.serial = ""});
  add({.serial = std::string("\x00\x01", 2)});
  for (const std::string_view value :
       {std::string_view("\x03\x02\x08\x80", 4), std::string_view("\x03\x02\x01\x81", 4),
        std::string_view("\x03\x01\x00", 3), std::string_view("\x04\x02\x00\x80", 4)})
    add({.more_extensions = {MakeExtension(kOidKeyUsage, true, value)}});
  for (const std::string_view value :
       {std::string_view("\x30\x00", 2), std::string_view("\x30\x03\x02\x01\x01", 5)})
    add({.more_extensions = {MakeExtension(kOidExtendedKeyUsage, true, value)}});
  for (const std::string_view value :
       {std::string_view("\x30\x03\x01\x01\x01", 5), std::string_view("\x30\x03\x02\x01\xff", 5),
        std::string_view("\x30\x05\x01\x01\xff\x05\x00", 7)})
    add({.more_extensions = {MakeExtension(kOidBasicConstraints, true, value)}});
  for (const std::string& der : malformed) {
    const auto refused = Certificate::Parse(der);
    REQUIRE_FALSE(refused.ok());
    CHECK(refused.error().kind() == ErrorKind::kRefuted);
    CHECK(refused.error().code() == "parse");
  }
}

TEST_CASE("a key of another kind leaves the certificate readable, and its signatures unchecked") {
  const Keys keys;
  const std::string x448 =
      DerEncode(kDerSequence, DerEncode(kDerSequence, DerEncode(kDerOid, "\x2b\x65\x6f")) +
                                  DerEncode(kDerBitString, std::string(57, '\0')));
  CertificatePlan plan = CertificatePlan::Authority("root", "root");
  plan.spki = x448;
  const Certificate root = MakeCertificate(plan, keys.root, keys.root);
  REQUIRE_FALSE(root.public_key().ok());
  CHECK(root.public_key().error().kind() == ErrorKind::kCannotTell);
  const Status unchecked = MakeCertificate({}, keys.leaf, keys.root).CheckSignature(root);
  REQUIRE_FALSE(unchecked.ok());
  CHECK(unchecked.error().kind() == ErrorKind::kCannotTell);
  CHECK(unchecked.error().code() == "cert");
}

TEST_CASE("refuses a certificate whose two names of the signature's algorithm differ") {
  const Keys keys;
  const Certificate root =
      MakeCertificate(CertificatePlan::Authority("root", "root"), keys.root, keys.root);
  const std::string good = MakeCertificateDer({}, keys.leaf, keys.root);
  DerReader reader(ReadOnlyElement(good, kDerSequence)->contents);
  const std::string tbs(reader.ReadAny()->encoding);
  const std::string oid(reader.ReadAny()->contents);
  const std::string signature(reader.ReadAny()->encoding);
  const auto with = [&](const std::string& algorithm) {
    const std::string der = DerEncode(kDerSequence, tbs + algorithm + signature);
    return Certificate::Parse(der)->CheckSignature(root).ok();
  };
  CHECK(with(DerEncode(kDerSequence, oid)));
  CHECK_FALSE(with(DerEncode(kDerSequence, oid + DerEncode(kDerNull, ""))));
}

// One bit of each byte in turn: what is signed, both names of the algorithm, and the signature.
TEST_CASE("no bit of a certificate can change under its signature") {
  const Keys keys;
  const Certificate root =
      MakeCertificate(CertificatePlan::Authority("root", "root"), keys.root, keys.root);
  const std::string good = MakeCertificateDer({.key_usage = 0x80}, keys.leaf, keys.root);
  REQUIRE(Certificate::Parse(good)->CheckSignature(root).ok());
  for (std::size_t i = 0; i < good.size(); ++i) {
    CAPTURE(i);
    std::string changed = good;
    changed[i] = static_cast<char>(changed[i] ^ (1 << i % 8));
    const auto certificate = Certificate::Parse(changed);
    CHECK_FALSE((certificate && certificate->CheckSignature(root).ok()));
  }
}

}  // namespace powernode::verify::x509::certificate_test

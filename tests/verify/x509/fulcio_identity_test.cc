#include "verify/x509/fulcio_identity.h"

#include <doctest/doctest.h>

#include "tests/verify/vectors.h"
#include "tests/verify/x509/certificate_maker.h"
#include "tests/verify/x509/vector_case.h"
#include "verify/x509/der.h"
#include "verify/x509/oids.h"

namespace powernode::verify::x509::fulcio_identity_test {
namespace {

using testing::MakeExtension;

std::string Fulcio(char number) { return std::string(kOidFulcio) + number; }

Result<FulcioIdentity> Read(const std::vector<std::string>& extensions) {
  const testing::SigningKey key(MBEDTLS_ECP_DP_SECP256R1);
  return ReadFulcioIdentity(testing::MakeCertificate({.more_extensions = extensions}, key, key));
}

}  // namespace

TEST_CASE("reads subject, issuer and claims as in the vectors") {
  const Json expected = testing::PrimitiveVectors("certificate_identity");
  const Json one_case = testing::VectorCase(expected["from_case"].get<std::string>());
  const Result<Certificate> leaf = Certificate::Parse(testing::BundleOf(one_case).leaf);
  REQUIRE(leaf.ok());
  const Result<FulcioIdentity> identity = ReadFulcioIdentity(*leaf);
  REQUIRE(identity.ok());
  CHECK(identity->kind == SubjectKind::kUri);
  CHECK(identity->subject == expected["san"].get<std::string>());
  CHECK(identity->issuer == expected["issuer"].get<std::string>());

  const Json& claims = expected["fulcio_extensions"];
  CHECK(identity->claims.size() == claims.size());
  for (const auto& [number, text] : identity->claims)
    CHECK(claims.value("1.3.6.1.4.1.57264.1." + std::to_string(number), "") == text);
}

TEST_CASE("reads the e-mail address of a person, and an issuer in the old form alone") {
  const auto read = [](std::string_view id) {
    const Result<Certificate> leaf =
        Certificate::Parse(testing::BundleOf(testing::VectorCase(id)).leaf);
    REQUIRE(leaf.ok());
    const Result<FulcioIdentity> identity = ReadFulcioIdentity(*leaf);
    REQUIRE(identity.ok());
    return *identity;
  };
  CHECK(read("lab-ok-v1-email").kind == SubjectKind::kEmail);
  const FulcioIdentity old = read("lab-ok-issuer-v1-only");
  CHECK(old.claims.count(8) == 0);
  CHECK(old.issuer == old.claims.at(1));
}

TEST_CASE("one name of a known kind, with something in it") {
  const std::string issuer = MakeExtension(Fulcio(1), false, "https://issuer.example");
  const auto read = [&](const std::string& names) {
    return Read({MakeExtension(kOidSubjectAltName, true, DerEncode(kDerSequence, names)), issuer});
  };
  const auto user_name = [](std::string_view type, std::uint8_t tag, std::string_view text) {
    return DerEncode(
        DerContextConstructed(0),
        DerEncode(kDerOid, type) + DerEncode(DerContextConstructed(0), DerEncode(tag, text)));
  };
  const auto mail = read(DerEncode(DerContext(1), "a@example"));
  REQUIRE(mail.ok());
  CHECK(mail->kind == SubjectKind::kEmail);
  CHECK(mail->subject == "a@example");
  const auto user = read(user_name(Fulcio(7), kDerUtf8String, "r\xc3\xb3sa!example"));
  REQUIRE(user.ok());
  CHECK(user->kind == SubjectKind::kUserName);
  CHECK(user->subject == "r\xc3\xb3sa!example");

  for (const std::string& names : std::vector<std::string>{
           "", DerEncode(DerContext(1), ""), DerEncode(DerContext(6), ""),
           DerEncode(DerContext(1), std::string("a@example\0.net", 14)),
           DerEncode(DerContext(6), "http://\xc3\xb3"), DerEncode(DerContext(2), "example"),
           DerEncode(DerContextConstructed(1), "a@example"),
           DerEncode(DerContext(1), "a@example") + DerEncode(DerContext(1), "b@example"),
           user_name(Fulcio(8), kDerUtf8String, "user"),
           user_name("\x2b\x06\x01", kDerUtf8String, "user"),
           user_name(Fulcio(7), kDerOctetString, "user"),
           user_name(Fulcio(7), kDerUtf8String, "")}) {
    const auto refused = read(names);
    REQUIRE_FALSE(refused.ok());
    CHECK(refused.error().kind() == ErrorKind::kRefuted);
    CHECK(refused.error().code() == "identity");
  }
  CHECK_FALSE(Read({issuer}).ok());
}

TEST_CASE("an issuer in one form or in both, and then the same") {
  const std::string name = MakeExtension(
      kOidSubjectAltName, true, DerEncode(kDerSequence, DerEncode(DerContext(1), "a@example")));
  const auto text = [](std::string_view value) { return DerEncode(kDerUtf8String, value); };
  const auto read = [&](std::vector<std::string> more) {
    more.push_back(name);
    return Read(more);
  };
  const std::string old_form = MakeExtension(Fulcio(1), false, "issuer");
  const std::string new_form = MakeExtension(Fulcio(8), false, text("issuer"));
  for (const auto& forms :
       {std::vector{old_form}, std::vector{new_form}, std::vector{old_form, new_form}}) {
    const auto identity = read(forms);
    REQUIRE(identity.ok());
    CHECK(identity->issuer == "issuer");
  }
  CHECK_FALSE(read({}).ok());
  CHECK_FALSE(read({old_form, MakeExtension(Fulcio(8), false, text("issuer/"))}).ok());
  CHECK_FALSE(read({old_form, MakeExtension(Fulcio(8), false, "issuer")}).ok());
  CHECK_FALSE(read({MakeExtension(Fulcio(8), false, text("issuer") + "x")}).ok());
  CHECK_FALSE(read({MakeExtension(Fulcio(1), false, "")}).ok());
  CHECK_FALSE(read({MakeExtension(Fulcio(1), false, std::string("issuer\0x", 8))}).ok());
  // A claim that nobody decides by may be malformed.
  CHECK(read({old_form, MakeExtension(Fulcio(9), false, "bare")})->claims.count(9) == 0);
}

}  // namespace powernode::verify::x509::fulcio_identity_test

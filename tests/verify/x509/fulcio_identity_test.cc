#include "verify/x509/fulcio_identity.h"

#include <doctest/doctest.h>

#include "tests/verify/vectors.h"
#include "tests/verify/x509/vector_case.h"

namespace powernode::verify::x509 {

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

}  // namespace powernode::verify::x509

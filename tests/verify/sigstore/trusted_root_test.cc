#include "verify/sigstore/trusted_root.h"

#include <doctest/doctest.h>

#include <functional>

#include "agent/base/encoding.h"
#include "tests/verify/vectors.h"
#include "verify/sigstore/rfc3339.h"

namespace powernode::verify::sigstore::trusted_root_test {
namespace {

Json Good() { return testing::ReadJsonVector("roots/lab-default.json"); }

Result<TrustedRoot> With(const std::function<void(Json&)>& alter) {
  Json root = Good();
  alter(root);
  return ParseTrustedRoot(DumpJson(root));
}

}  // namespace

TEST_CASE("reads the roots that are in use") {
  for (const char* path : {"roots/sigstore-public-good.json", "roots/lab-default.json",
                           "roots/lab-no-logs.json", "roots/conformance-ed6a9cf4e7c2.json"}) {
    CAPTURE(path);
    const Result<TrustedRoot> root = ParseTrustedRoot(testing::ReadVector(path));
    REQUIRE(root.ok());
    CHECK_FALSE(root->certificate_authorities.empty());
  }
  const Result<TrustedRoot> root = ParseTrustedRoot(DumpJson(Good()));
  REQUIRE(root.ok());
  CHECK(root->logs.size() == 4);
  CHECK(root->ct_logs.size() == 2);
  CHECK(root->logs[0].names == std::vector<std::string>{"rekor.lab.example.test"});
  CHECK(root->timestamp_authority_uris == std::vector<std::string>{"https://tsa.lab.example.test"});
  CHECK(root->FindLog(root->logs[2].log.id) == &root->logs[2]);
  CHECK(root->FindLog("") == nullptr);
  CHECK(PrintRfc3339(*root->NewestLogStart()) == "2025-01-01T00:00:00Z");
}

TEST_CASE("a log goes by the host of its URL, with and without the port") {
  const auto names = [](const std::string& url) {
    return With([&](Json& root) { root["tlogs"][0]["baseUrl"] = url; })->logs[0].names;
  };
  using Names = std::vector<std::string>;
  CHECK(names("https://a.test") == Names{"a.test"});
  CHECK(names("https://a.test/path/x?y") == Names{"a.test"});
  CHECK(names("http://a.test:3000/") == Names{"a.test:3000", "a.test"});
  CHECK(names("a.test:3000") == Names{"a.test:3000", "a.test"});
  CHECK(names("https://[::1]:3000") == Names{"[::1]:3000", "[::1]"});
  CHECK(names("https://[::1]") == Names{"[::1]"});
  CHECK(names("").empty());
  CHECK(names("https://").empty());
}

TEST_CASE("a log that is not supported stays in its table without a key") {
  const auto has_key = [](const std::function<void(Json&)>& alter) {
    const Result<TrustedRoot> root = With([&](Json& json) { alter(json["tlogs"][0]); });
    REQUIRE(root.ok());
    return root->logs[0].log.key.has_value();
  };
  CHECK(has_key([](Json&) {}));
  CHECK(
      has_key([](Json& log) { log["publicKey"]["keyDetails"] = "PKIX_ED25519"; }));  // informative
  CHECK(has_key([](Json& log) { log["publicKey"].erase("keyDetails"); }));
  CHECK_FALSE(has_key([](Json& log) { log["hashAlgorithm"] = "SHA2_512"; }));
  CHECK_FALSE(has_key([](Json& log) { log.erase("hashAlgorithm"); }));
  // An algorithm nobody knows: SEQUENCE { SEQUENCE { OID 1.2.3 }, BIT STRING }.
  CHECK_FALSE(has_key([](Json& log) {
    log["publicKey"]["rawBytes"] =
        Base64Encode(std::string("\x30\x0a\x30\x04\x06\x02\x2a\x03\x03\x02\x00\x01", 12));
  }));
}

TEST_CASE("a root that breaks its format is refused as a whole") {
  for (const std::function<void(Json&)>& alter : std::vector<std::function<void(Json&)>>{
           [](Json& root) { root.erase("mediaType"); },
           [](Json& root) {
             root["mediaType"] = "application/vnd.dev.sigstore.trustedroot.v0.3+json";
           },
           [](Json& root) { root["tlogs"] = Json::object(); },
           [](Json& root) { root["tlogs"][0] = nullptr; },
           [](Json& root) { root["tlogs"].push_back(root["tlogs"][0]); },
           [](Json& root) { root["ctlogs"].push_back(root["ctlogs"][0]); },
           [](Json& root) { root["tlogs"][0].erase("publicKey"); },
           [](Json& root) { root["tlogs"][0]["publicKey"].erase("rawBytes"); },
           [](Json& root) { root["tlogs"][0]["publicKey"]["rawBytes"] = "AAAA"; },
           [](Json& root) { root["tlogs"][0]["publicKey"].erase("validFor"); },
           [](Json& root) { root["tlogs"][0]["publicKey"]["validFor"].erase("start"); },
           [](Json& root) { root["ctlogs"][0]["publicKey"]["validFor"]["start"] = nullptr; },
           [](Json& root) { root["tlogs"][0]["publicKey"]["validFor"]["end"] = "tomorrow"; },
           [](Json& root) { root["tlogs"][0]["publicKey"]["validFor"]["end"] = ""; },
           [](Json& root) { root["tlogs"][0].erase("logId"); },
           [](Json& root) { root["tlogs"][0]["logId"]["keyId"] = "AAAA"; },
           [](Json& root) { root["tlogs"][0]["hashAlgorithm"] = 1; },
           [](Json& root) { root["tlogs"][0]["publicKey"]["keyDetails"] = 5; },
           [](Json& root) { root["certificateAuthorities"][0].erase("certChain"); },
           [](Json& root) {
             root["certificateAuthorities"][0]["certChain"]["certificates"] = Json::array();
           },
           [](Json& root) {
             root["timestampAuthorities"][0]["certChain"]["certificates"][1]["rawBytes"] = "MAA=";
           },
           [](Json& root) { root["certificateAuthorities"][0]["validFor"]["start"] = 5; },
       }) {
    const Result<TrustedRoot> root = With(alter);
    REQUIRE_FALSE(root.ok());
    CHECK(root.error().code() == "root");
    CHECK(root.error().kind() == ErrorKind::kCannotTell);
  }
  CHECK_FALSE(ParseTrustedRoot("").ok());
  CHECK(ParseTrustedRoot("").error().code() == "root");
  CHECK(With([](Json& root) { root["more"] = "to come"; }).ok());
  CHECK(With([](Json& root) { root["tlogs"][0]["checkpointKeyId"] = Json::object(); }).ok());
  CHECK(With([](Json& root) { root["ctlogs"] = nullptr; }).ok());
  CHECK(With([](Json& root) { root["tlogs"][0]["publicKey"]["validFor"]["end"] = nullptr; }).ok());
}

TEST_CASE("times are RFC 3339 in UTC, to the nanosecond") {
  for (const char* text :
       {"2026-03-01T12:01:30Z", "1970-01-01T00:00:00Z", "2024-02-29T23:59:59.5Z",
        "2026-03-01T12:01:30.000000001Z", "9999-12-31T23:59:59Z", "0001-01-01T00:00:00Z"}) {
    CAPTURE(text);
    REQUIRE(ParseRfc3339(text));
    CHECK(PrintRfc3339(*ParseRfc3339(text)) == text);
  }
  CHECK(ParseRfc3339("2026-03-01T12:01:30.500Z") == ParseRfc3339("2026-03-01T12:01:30.5Z"));
  CHECK(ParseRfc3339("2026-03-01T12:01:30.5Z") > ParseRfc3339("2026-03-01T12:01:30Z"));
  CHECK(ParseRfc3339("1970-01-01T00:00:01Z")->seconds == 1);
  for (const char* text : {"",
                           "Z",
                           "2026-03-01T12:01:30",
                           "2026-03-01T12:01:30+00:00",
                           "2026-03-01t12:01:30Z",
                           "2026-03-01T12:01:30z",
                           "2026-03-01 12:01:30Z",
                           "2026-02-29T12:01:30Z",
                           "2026-13-01T12:01:30Z",
                           "2026-03-01T24:00:00Z",
                           "2026-03-01T12:60:30Z",
                           "2026-03-01T12:01:60Z",
                           "2026-03-01T12:01:30.Z",
                           "2026-03-01T12:01:30.1234567890Z",
                           "2026-03-01T12:01:30,5Z",
                           "2026-03-01T12:01:30.5 Z",
                           "26-03-01T12:01:30Z",
                           "+026-03-01T12:01:30Z",
                           "2026-3-1T12:01:30Z",
                           "2026-03-01T12:01:30.-5Z"}) {
    CAPTURE(text);
    CHECK_FALSE(ParseRfc3339(text));
  }
}

}  // namespace powernode::verify::sigstore::trusted_root_test

#include "identity/record.h"

#include <doctest/doctest.h>

#include "tests/identity/sample.h"

namespace powernode::identity::record_test {
namespace {

using namespace testing;

TEST_SUITE("record") {
  TEST_CASE("an instance id is a UUID or a short plain name, lower-cased") {
    struct Row {
      std::string text;
      std::string expected;  // empty: refused
    };
    for (const Row& row :
         std::vector<Row>{{"0192F0C2-7D1E-7C11-9A55-0C1D2E3F4A5B", std::string(kUuid)},
                          {"  node-1.example_2 \n", "node-1.example_2"},
                          {std::string(64, 'a'), std::string(64, 'a')},
                          {std::string(65, 'a'), ""},
                          {"../x", ""},
                          {"a..b", ""},
                          {"a/b", ""},
                          {"-a", ""},
                          {"a b", ""},
                          {"a,O=evil", ""}}) {
      Record record;
      SetInstanceUuid(record, "ID", row.text);
      CAPTURE(row.text);
      CHECK(record.instance_uuid.value_or("") == row.expected);
      CHECK(record.problems.empty() == !row.expected.empty());
    }
  }

  TEST_CASE("an empty value says nothing and is no problem") {
    Record record;
    SetInstanceUuid(record, "ID", " ");
    SetPlatformUrl(record, "SERVER", "");
    SetBootstrapToken(record, "KEY", Secret(" \n"));
    SetCaPem(record, "CA_PEM", "");
    SetCaBase64(record, "ca", "");
    CHECK(record.Summary().empty());
    CHECK(record.problems.empty());
  }

  TEST_CASE("a bad token is reported without a character of it") {
    for (const std::string& token :
         {std::string("tooshort-sesame"), std::string(513, 's'),
          std::string("sesame open \x01 sesame"), std::string("sesame sesame sesame")}) {
      Record record;
      SetBootstrapToken(record, "KEY", Secret(token));
      CHECK_FALSE(record.bootstrap_token.has_value());
      REQUIRE(record.problems.size() == 1);
      CHECK(record.problems[0].code() == "bad_token");
      CHECK(record.problems[0].message().find("sesame") == std::string::npos);
    }
    Record good;
    SetBootstrapToken(good, "KEY", Secret(std::string(kToken) + "\n"));
    CHECK(good.bootstrap_token->Reveal() == kToken);
  }

  TEST_CASE("a platform URL is an origin and nothing else") {
    for (const std::string url :
         {"https://p.test/api", "http://p.test", "ftp://p.test", "https://u:p@p.test", "p.test"}) {
      Record record;
      SetPlatformUrl(record, "SERVER", url);
      CAPTURE(url);
      CHECK_FALSE(record.platform.has_value());
      CHECK(record.problems.size() == 1);
    }
  }

  TEST_CASE("base64 that is neither PEM nor DER is a problem, not a CA") {
    for (const std::string text : {"!!!!", "aGVsbG8=", "aGVsbG8"}) {
      Record record;
      SetCaBase64(record, "powernode.ca_b64", text);
      CHECK_FALSE(record.ca_pem.has_value());
      CHECK(record.problems.size() == 1);
    }
  }
}

}  // namespace
}  // namespace powernode::identity::record_test

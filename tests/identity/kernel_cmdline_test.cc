#include "identity/kernel_cmdline.h"

#include <doctest/doctest.h>

#include "agent/base/encoding.h"
#include "tests/identity/sample.h"

namespace powernode::identity::kernel_cmdline_test {
namespace {

using namespace testing;
using Tokens = std::vector<std::pair<std::string, std::string>>;

TEST_SUITE("kernel_cmdline") {
  TEST_CASE("splits as the kernel does") {
    const std::vector<std::pair<std::string, Tokens>> table = {
        {"", {}},
        {"  \t\n", {}},
        {"quiet ro", {{"quiet", ""}, {"ro", ""}}},
        {"a=1 b=2\n", {{"a", "1"}, {"b", "2"}}},
        {"a=b=c", {{"a", "b=c"}}},
        {R"(a="x y" b=2)", {{"a", "x y"}, {"b", "2"}}},
        {R"(a='x y')", {{"a", "x y"}}},
        {R"("a=x y" b)", {{"a", "x y"}, {"b", ""}}},
        {R"(a=x" "y)", {{"a", "x\" \"y"}}},
        {R"(a="it's fine")", {{"a", "it's fine"}}},
        {R"(a="never closed b=1)", {{"a", "\"never closed b=1"}}},
    };
    for (const auto& [text, expected] : table) {
      CAPTURE(text);
      CHECK(SplitCommandLine(text) == expected);
    }
  }

  TEST_CASE("the token is masked wherever it stands, and nothing else changes") {
    const std::vector<std::pair<std::string, std::string>> table = {
        {"", ""},
        {"quiet ro\n", "quiet ro\n"},
        {"a powernode.bootstrap_token=T b\n", "a powernode.bootstrap_token=*** b\n"},
        {"powernode.bootstrap_token=T powernode.bootstrap_token=U",
         "powernode.bootstrap_token=*** powernode.bootstrap_token=***"},
        {R"(powernode.bootstrap_token="T U" b)", "powernode.bootstrap_token=*** b"},
        {R"(powernode.bootstrap_token=T" U" b)", "powernode.bootstrap_token=*** b"},
        {R"(powernode.bootstrap_token="T never closed b)", "powernode.bootstrap_token=***"},
        {R"(x"y powernode.bootstrap_token=T z" b)", R"(x"y powernode.bootstrap_token=***" b)"},
        {R"("powernode.bootstrap_token=T U" b)", R"("powernode.bootstrap_token=***" b)"},
        {"powernode.bootstrap_token= b", "powernode.bootstrap_token=*** b"},
        {"powernode.bootstrap_tokens=T", "powernode.bootstrap_tokens=T"},
    };
    for (const auto& [text, expected] : table) {
      CAPTURE(text);
      CHECK(MaskCommandLine(text) == expected);
      CHECK(MaskCommandLine(expected) == expected);
      const Record record = ParseKernelCommandLine(expected);
      CHECK_FALSE(record.bootstrap_token.has_value());
      CHECK(record.problems.empty());
    }
  }

  TEST_CASE("reads every field, later duplicates win, unknown keys are ignored") {
    const Record record = ParseKernelCommandLine(
        "root=/dev/vda1 powernode.instance_uuid=first powernode.instance_uuid=" +
        std::string(kUuid) +
        " powernode.platform_url=https://P.test:8443/ powernode.bootstrap_token=" +
        std::string(kToken) + " powernode.ca_b64=" + Base64Encode(SampleCa()) +
        " powernode.identity_source=x powernode.boot=1");
    CHECK(record.instance_uuid == std::string(kUuid));
    CHECK(record.platform->ToString() == kUrl);
    CHECK(record.bootstrap_token->Reveal() == kToken);
    CHECK(record.ca_pem == SampleCa());
    CHECK(record.problems.empty());
  }

  TEST_CASE("an inline PEM carries its line ends as two characters") {
    std::string inline_pem;
    for (const char c : SampleCa())
      inline_pem += c == '\n' ? std::string("\\n") : std::string(1, c);
    CHECK(ParseKernelCommandLine("powernode.ca_pem=\"" + inline_pem + "\"").ca_pem == SampleCa());
  }

  TEST_CASE("ca_b64 takes DER, too") {
    const std::string der("\x30\x03\x02\x01\x01", 5);
    CHECK(ParseKernelCommandLine("powernode.ca_b64=" + Base64Encode(der)).ca_pem == SampleCa());
  }

  TEST_CASE("a CA by location is kept with its fingerprint, whatever the key is called") {
    for (const std::string key : {"powernode.ca_url", "powernode.ca", "powernode.ca_pem_url"}) {
      const Record without = ParseKernelCommandLine(key + "=http://boot.test/ca.pem");
      CHECK_FALSE(without.ca_pem.has_value());
      REQUIRE(without.ca_location.has_value());
      CHECK(without.ca_location->key == key);
      CHECK(without.ca_location->url == "http://boot.test/ca.pem");
      CHECK(without.ca_location->sha256.empty());
      const Record with = ParseKernelCommandLine("powernode.ca_sha256=" + std::string(64, 'a') +
                                                 " " + key + "=http://boot.test/ca.pem");
      CHECK(with.ca_location->sha256 == std::string(64, 'a'));
    }
  }

  TEST_CASE("the public netboot line gives an instance, a token and a location") {
    const Record record = ParseKernelCommandLine(
        "initrd=initrd.img ip=dhcp powernode.instance_uuid=" + std::string(kUuid) +
        " powernode.bootstrap_token=" + std::string(kToken) +
        " powernode.ca_pem_url=http://10.0.0.1/ca.pem powernode.identity_source=ipxe");
    CHECK(record.Summary() == "instance id, token");
    CHECK(record.ca_location->key == "powernode.ca_pem_url");
    CHECK(record.ca_location->sha256.empty());
    CHECK(record.problems.empty());
  }

  TEST_CASE("an inline CA makes a location beside it harmless") {
    const Record record = ParseKernelCommandLine("powernode.ca_url=http://x/ powernode.ca_b64=" +
                                                 Base64Encode(SampleCa()));
    CHECK(record.ca_pem.has_value());
    CHECK_FALSE(record.ca_location.has_value());
    CHECK(record.problems.empty());
  }
}

}  // namespace
}  // namespace powernode::identity::kernel_cmdline_test

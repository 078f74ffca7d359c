#include "identity/user_data.h"

#include <doctest/doctest.h>

#include "agent/base/encoding.h"
#include "tests/identity/sample.h"

namespace powernode::identity::user_data_test {
namespace {

using namespace testing;

Result<std::string> NoCaFile(const std::string& name) {
  return Error(ErrorKind::kNotFound, "system_error", name + ": No such file or directory");
}

Record Parse(std::string_view text) { return ParseUserData(text, NoCaFile); }

std::string Inline(const std::string& pem) {
  std::string text;
  for (const char c : pem) text += c == '\n' ? std::string("\\n") : std::string(1, c);
  return text;
}

const std::string kJson = "{\"instance_uuid\":\"" + std::string(kUuid) +
                          "\",\"bootstrap_token\":\"" + std::string(kToken) +
                          "\",\"platform_url\":\"" + std::string(kUrl) + "\",\"ca_pem\":\"" +
                          Inline(SampleCa()) + "\"}";
const std::string kWords = "quiet powernode.instance_uuid=" + std::string(kUuid) +
                           " powernode.bootstrap_token=" + std::string(kToken) +
                           "\npowernode.platform_url=" + std::string(kUrl) +
                           " powernode.ca_b64=" + Base64Encode(SampleCa());
const std::string kLines = "# from the panel\r\nexport ID=" + std::string(kUuid) + "\r\nKEY='" +
                           std::string(kToken) + "'\r\nSERVER = " + std::string(kUrl) +
                           "\r\nCA_PEM=" + Inline(SampleCa()) + "\r\nCOLOUR=blue\r\n";

std::string Wrapped(const std::string& text) {
  std::string base64 = Base64Encode(text);
  for (std::size_t at = 76; at < base64.size(); at += 77) base64.insert(at, "\n");
  return base64 + "\n";
}

TEST_SUITE("user_data") {
  TEST_CASE("each form says all four values, plain and in base64, once and twice") {
    for (const std::string& form : {kJson, kWords, kLines})
      for (const std::string& text :
           {form, "\xEF\xBB\xBF\n " + form + "\n", Wrapped(form), Wrapped(Wrapped(form))}) {
        CAPTURE(text);
        const Record record = Parse(text);
        CHECK(record.found);
        CHECK(record.note.empty());
        CHECK(record.problems.empty());
        CHECK(record.instance_uuid == std::string(kUuid));
        REQUIRE(record.bootstrap_token.has_value());
        CHECK(record.bootstrap_token->Reveal() == kToken);
        REQUIRE(record.platform.has_value());
        CHECK(record.platform->ToString() == kUrl);
        CHECK(record.ca_pem == SampleCa());
      }
  }

  TEST_CASE("words may stand in a document for somebody else") {
    const Record record = Parse("#cloud-config\n# powernode.instance_uuid=n1\npackages: [nginx]\n");
    CHECK(record.instance_uuid == "n1");
  }

  TEST_CASE("what is for somebody else is not found, and no problem") {
    for (const std::string text :
         {"", " \n", "#cloud-config\nusers:\n  - name: a\n", "#!/bin/sh\nKEY=x\nSERVER=http://x\n",
          "#!/bin/sh\nexport ID=1\ncurl x\n", "{\"ignition\":{\"version\":\"3.4.0\"}}", "{not json",
          "{\"instance_uuid\":7}", "[\"instance_uuid\"]", "COLOUR=blue\n", "hello",
          "Content-Type: multipart/mixed; boundary=\"a\"\nMIME-Version: 1.0\n\n--a\n",
          "\x1f\x8b\x08", "aGVsbG8=", "x\"powernode.instance_uuid=a\""}) {
      CAPTURE(text);
      const Record record = Parse(text);
      CHECK_FALSE(record.found);
      CHECK(record.Summary().empty());
      CHECK(record.problems.empty());
      CHECK_FALSE(record.note.empty());
    }
    CHECK_FALSE(Parse(Wrapped(Wrapped(Wrapped(kJson)))).found);
  }

  TEST_CASE("a value that cannot be used is a problem and costs only itself") {
    const Record record = Parse("{\"instance_uuid\":\"../x\",\"platform_url\":\"https://p.test\"}");
    CHECK(record.found);
    CHECK(record.Summary() == "platform URL");
    REQUIRE(record.problems.size() == 1);
    CHECK(record.problems[0].code() == "bad_instance_uuid");
  }

  TEST_CASE("a CA file is read by whoever knows where it lies") {
    const Record without = Parse("ID=n1\nCA_PEM_FILE=ca.pem\n");
    REQUIRE(without.problems.size() == 1);
    CHECK(without.problems[0].message().starts_with("CA_PEM_FILE: ca.pem: "));
    const Record with = ParseUserData("ID=n1\nCA_PEM_FILE=ca.pem\n",
                                      [](const std::string&) { return SampleCa(2); });
    CHECK(with.ca_pem == SampleCa(2));
  }

  TEST_CASE("64 KiB are taken, one byte more is a problem") {
    const std::string most = kLines + std::string(kMaxUserData - kLines.size(), '\n');
    CHECK(Parse(most).found);
    const Record more = Parse(most + "\n");
    CHECK_FALSE(more.found);
    REQUIRE(more.problems.size() == 1);
    CHECK(more.problems[0].code() == "user_data_too_large");
  }
}

}  // namespace
}  // namespace powernode::identity::user_data_test

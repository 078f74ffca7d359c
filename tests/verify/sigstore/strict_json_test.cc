#include "verify/sigstore/strict_json.h"

#include <doctest/doctest.h>

#include <string>

#include "verify/sigstore/message_reader.h"
#include "verify/sigstore/pem.h"

namespace powernode::verify::sigstore::strict_json_test {
namespace {

std::string Nested(int depth) {
  std::string text = "{\"a\":";
  for (int i = 1; i < depth; ++i) text += "[";
  text += "0";
  for (int i = 1; i < depth; ++i) text += "]";
  return text + "}";
}

}  // namespace

TEST_CASE("one reading of one text, or none") {
  for (const std::string& text :
       {std::string("{}"), std::string(" {\"a\":1} \n\t\r"), std::string("{\"a\":{\"a\":{}}}"),
        std::string("[{}]").substr(1, 2), std::string("{\"b\":[{\"a\":1},{\"a\":2}]}"),
        Nested(32)}) {
    CAPTURE(text);
    CHECK(ParseStrictJson(text).ok());
  }
  for (const std::string& text : {std::string(),
                                  std::string("[]"),
                                  std::string("1"),
                                  std::string("null"),
                                  std::string("{}{}"),
                                  std::string("{} x"),
                                  std::string("{} \0", 4),
                                  std::string("{\"a\":1,\"a\":1}"),
                                  std::string("{\"x\":{\"a\":1,\"b\":2,\"a\":1}}"),
                                  std::string("[{\"a\":1,\"a\":2}]"),
                                  std::string("{\"a\":1,\"\\u0061\":2}"),
                                  std::string("\xef\xbb\xbf{}"),
                                  std::string("{\"a\":\"\xff\"}"),
                                  std::string("{\"a\":\"\xc0\xaf\"}"),
                                  std::string("{\"a\":\"\xed\xa0\x80\"}"),
                                  std::string("{\"a\":\"\\ud800\"}"),
                                  std::string("{\"a\":NaN}"),
                                  std::string("{\"a\":Infinity}"),
                                  std::string("{\"a\":1e999}"),
                                  std::string("{'a':1}"),
                                  std::string("{\"a\":1,}"),
                                  std::string("{/**/}"),
                                  std::string("{\"a\":01}"),
                                  std::string("{\"a\":\"\n\"}"),
                                  Nested(33),
                                  Nested(100000),
                                  std::string(1024 * 1024, ' ') + "{}"}) {
    CAPTURE(text.substr(0, 40));
    const Result<Json> json = ParseStrictJson(text);
    REQUIRE_FALSE(json.ok());
    CHECK(json.error().kind() == ErrorKind::kRefuted);
    CHECK(json.error().code() == "parse");
  }
}

TEST_CASE("reads 64-bit integers in both of their forms") {
  const auto read = [](const std::string& value) {
    const Json json = *ParseStrictJson("{\"n\":" + value + "}");
    return MessageReader(json, "").Int64("n");
  };
  for (const char* value : {"0", "\"0\"", "null"}) CHECK(*read(value) == 0);
  for (const char* value : {"9223372036854775807", "\"9223372036854775807\""})
    CHECK(*read(value) == INT64_MAX);
  for (const char* value :
       {"-1", "-0", "\"-1\"", "\"+1\"", "\"01\"", "\"00\"", "\"\"", "\" 1\"", "\"1 \"", "1.0",
        "1e3", "\"1e3\"", "9223372036854775808", "\"9223372036854775808\"",
        "\"99999999999999999999\"", "18446744073709551616", "true", "[1]", "\"0x1\""}) {
    CAPTURE(value);
    CHECK_FALSE(read(value).ok());
  }
}

TEST_CASE("a member that is absent or null has its default, and another type is refused") {
  const Json json =
      *ParseStrictJson(R"({"null":null,"text":"AAE=","list":["AAE="],"object":{},"bad":"AAF="})");
  const MessageReader message(json, "m");
  for (const char* name : {"absent", "null"}) {
    CHECK(*message.String(name) == "");
    CHECK(*message.Bytes(name) == "");
    CHECK(message.Messages(name, 1)->empty());
    CHECK_FALSE(message.Message(name)->has_value());
    CHECK_FALSE(message.RequiredMessage(name).ok());
    CHECK_FALSE(message.RequiredBytes(name).ok());
    CHECK_FALSE(message.Has(name));
  }
  CHECK(*message.Bytes("text") == std::string("\0\1", 2));
  CHECK(message.BytesOfSize("text", 2).ok());
  CHECK_FALSE(message.BytesOfSize("text", 3).ok());
  CHECK(message.ListOfBytes("list", 1, 2)->size() == 1);
  CHECK_FALSE(message.ListOfBytes("list", 0, 2).ok());
  CHECK_FALSE(message.ListOfBytes("list", 1, 3).ok());
  CHECK_FALSE(message.Messages("list", 1).ok());
  CHECK_FALSE(message.Message("list").ok());
  CHECK_FALSE(message.String("object").ok());
  CHECK_FALSE(message.Bytes("bad").ok());  // bits that belong to no byte
  CHECK(message.Bytes("bad").error().message() == "m.bad: not canonical base64");
  CHECK_FALSE(message.AllowOnly({"null", "text", "list", "object"}).ok());
  CHECK(message.AllowOnly({"null", "text", "list", "object", "bad", "more"}).ok());
}

TEST_CASE("one PEM block and nothing else") {
  const std::string block = "-----BEGIN PUBLIC KEY-----\nAAEC\n-----END PUBLIC KEY-----";
  for (const std::string& text :
       {block, block + "\n", "\r\n \n" + block + " \n",
        std::string("-----BEGIN PUBLIC KEY-----\r\nAA\r\nEC\r\n-----END PUBLIC KEY-----\r\n")}) {
    CAPTURE(text);
    CHECK(ReadPem(text, kPublicKeyLabel) == std::string("\0\1\2", 3));
    CHECK_FALSE(ReadPem(text, kCertificateLabel));
  }
  for (const std::string& text :
       {std::string(),
        std::string("AAEC"),
        block + block,
        block + "\n" + block,
        "x" + block,
        block + "x",
        std::string("-----BEGIN PUBLIC KEY-----"),
        std::string("-----BEGIN PUBLIC KEY-----\n-----END PUBLIC KEY-----"),
        std::string("-----BEGIN PUBLIC KEY-----\nAAEC-----END PUBLIC KEY-----"),
        std::string("-----BEGIN PUBLIC KEY-----AAEC\n-----END PUBLIC KEY-----"),
        std::string("-----BEGIN PUBLIC KEY-----\nAAE\n-----END PUBLIC KEY-----"),
        std::string("-----BEGIN PUBLIC KEY-----\nAAEC=\n-----END PUBLIC KEY-----"),
        std::string("-----BEGIN PUBLIC KEY-----\nName: x\n\nAAEC\n-----END PUBLIC KEY-----"),
        std::string("-----BEGIN PUBLIC KEY-----\nAAEC\n-----END CERTIFICATE-----"),
        std::string("-----BEGIN PUBLIC KEY-----\nAA EC\n-----END PUBLIC KEY-----"),
        std::string("-----BEGIN PUBLIC KEY-----\n\nAAEC\n-----END PUBLIC KEY-----"),
        std::string("-----BEGIN PUBLIC KEY-----\tAAEC\n-----END PUBLIC KEY-----"),
        std::string("-----BEGIN PUBLIC KEY-----\rAAEC\n-----END PUBLIC KEY-----"),
        std::string("-----BEGIN PUBLIC KEY-----\nAAEC\r-----END PUBLIC KEY-----"),
        std::string("-----BEGIN -----\nAAEC\n-----END -----")}) {
    CAPTURE(text);
    CHECK_FALSE(ReadPem(text));
  }
}

}  // namespace powernode::verify::sigstore::strict_json_test

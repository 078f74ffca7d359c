#include "agent/base/json.h"

#include <doctest/doctest.h>

#include <string>

namespace powernode::json_test {
namespace {

TEST_SUITE_BEGIN("json");

std::string Nested(std::size_t depth, const std::string& open, const std::string& close) {
  std::string text;
  for (std::size_t i = 0; i < depth; ++i) text += open;
  for (std::size_t i = 0; i < depth; ++i) text += close;
  return text;
}

TEST_CASE("reads every kind of value") {
  const Json value = *ParseJson(
      R"( {"s":"\u00e9\n","i":-3,"u":18446744073709551615,"d":1.5,"b":true,"n":null,"a":[1,[]]} )");
  CHECK(value["s"] == "\xc3\xa9\n");
  CHECK(value["i"] == -3);
  CHECK(value["u"] == 18446744073709551615ULL);
  CHECK(value["a"].size() == 2);
  CHECK(ParseJson("7")->is_number());
}

TEST_CASE("refuses what is not exactly one JSON text") {
  for (const char* text :
       {"",           " ",       "{",        "{}}",    "{} {}",  "[1,]",    "{\"a\":1,}",
        "{'a':1}",    "{a:1}",   "nul",      "01",     "+1",     "1.",      ".5",
        "1e",         "NaN",     "Infinity", "1e999",  "\"\n\"", "\"\\x\"", "\"\\ud800\"",
        "\"unclosed", "// c\n1", "/**/1",    "<html>", "[1]x"}) {
    INFO(text);
    const Result<Json> value = ParseJson(text);
    REQUIRE_FALSE(value);
    CHECK(value.error().kind() == ErrorKind::kInvalid);
    CHECK(value.error().code() == "bad_json");
  }
  CHECK_FALSE(ParseJson(std::string("{}\0", 3)));
}

TEST_CASE("says where it went wrong") {
  CHECK(ParseJson("{\"a\":x}").error().message() == "not JSON at byte 6");
}

TEST_CASE("refuses text that is not UTF-8") {
  for (const char* text : {"\"\xff\"", "\"\xc3\"", "\"\xc0\x80\"", "\"\xed\xa0\x80\"",
                           "\"\xf4\x90\x80\x80\"", "{\"\xe9\":1}"}) {
    INFO(text);
    CHECK_FALSE(ParseJson(text));
  }
}

TEST_CASE("a depth of 64 is read, one more is refused, and a million do no harm") {
  CHECK(ParseJson(Nested(64, "[", "]")));
  CHECK(ParseJson(Nested(65, "[", "]")).error().message() == "nested deeper than 64");
  CHECK_FALSE(ParseJson(Nested(1'000'000, "[", "]")));
  CHECK_FALSE(ParseJson(Nested(1'000'000, "{\"a\":", "}")));
  CHECK(ParseJson("[" + Nested(63, "[", "]") + "," + Nested(63, "[", "]") +
                  "]"));  // side by side is not deeper
}

TEST_CASE("strings and keys over 1 MiB are refused") {
  const std::string limit(1024 * 1024, 'x');
  CHECK(ParseJson("\"" + limit + "\""));
  CHECK_FALSE(ParseJson("\"" + limit + "x\""));
  CHECK(ParseJson("{\"" + limit + "\":1}"));
  CHECK(ParseJson("{\"" + limit + "x\":1}").error().message().find("longer than 1048576 bytes") !=
        std::string::npos);
}

TEST_CASE("of a key that comes twice the last one wins, whole") {
  CHECK((*ParseJson(R"({"a":1,"a":2})"))["a"] == 2);
  CHECK(*ParseJson(R"({"a":{"x":1},"a":{"y":2}})") == *ParseJson(R"({"a":{"y":2}})"));
  CHECK(*ParseJson(R"({"a":[1,2],"a":null})") == *ParseJson(R"({"a":null})"));
}

TEST_CASE("an object is asked for by name") {
  CHECK(ParseJsonObject("{}"));
  CHECK(ParseJsonObject("[]").error().message() == "not a JSON object");
  CHECK_FALSE(ParseJsonObject("null"));
}

TEST_CASE("a value of another type, or null, is absent") {
  const Json object = *ParseJson(R"({"s":"x","n":null,"b":true,"i":5,"o":{},"a":[],"f":5.0})");
  CHECK(GetString(object, "s") == "x");
  CHECK(GetBool(object, "b") == true);
  CHECK(GetObject(object, "o") != nullptr);
  CHECK(GetArray(object, "a") != nullptr);
  for (const char* key : {"n", "i", "missing", "o"})
    CHECK_FALSE(GetString(object, key).has_value());
  for (const char* key : {"n", "i", "s", "missing"}) CHECK_FALSE(GetBool(object, key).has_value());
  for (const char* key : {"n", "b", "f", "a", "missing"})
    CHECK_FALSE(GetInt(object, key).has_value());
  CHECK(GetObject(object, "a") == nullptr);
  CHECK(GetArray(object, "o") == nullptr);
  for (const char* text : {"[]", "null", "3", "\"s\""}) {
    const Json other = *ParseJson(text);
    CHECK_FALSE(GetString(other, "s").has_value());
    CHECK_FALSE(GetInt(other, "s").has_value());
    CHECK(GetObject(other, "s") == nullptr);
  }
}

TEST_CASE("an integer may come as a number or as decimal text") {
  struct Row {
    const char* text;
    std::optional<std::int64_t> value;
  };
  for (const Row& row :
       {Row{"5", 5}, Row{"-5", -5}, Row{"\"5\"", 5}, Row{"\"-5\"", -5},
        Row{"9223372036854775807", INT64_MAX}, Row{"9223372036854775808", {}},
        Row{"-9223372036854775808", INT64_MIN}, Row{"\"9223372036854775808\"", {}}, Row{"\"\"", {}},
        Row{"\" 5\"", {}}, Row{"\"5 \"", {}}, Row{"\"+5\"", {}}, Row{"\"0x5\"", {}},
        Row{"\"5.0\"", {}}, Row{"5.5", {}}, Row{"true", {}}, Row{"[5]", {}}}) {
    INFO(row.text);
    CHECK(GetInt(*ParseJson(std::string("{\"v\":") + row.text + "}"), "v") == row.value);
  }
}

TEST_CASE("writes on one line unless asked, and replaces what is not UTF-8") {
  CHECK(DumpJson(*ParseJson(R"({"b":1,"a":[true]})")) == R"({"a":[true],"b":1})");
  CHECK(DumpJson(Json{{"a", 1}}, 2) == "{\n  \"a\": 1\n}");
  CHECK(DumpJson(Json("\xff")) == "\"\xef\xbf\xbd\"");
  OrderedJson ordered;
  ordered["b"] = 1;
  ordered["a"] = 2;
  CHECK(DumpJson(ordered) == R"({"b":1,"a":2})");
}

TEST_SUITE_END();

}  // namespace
}  // namespace powernode::json_test

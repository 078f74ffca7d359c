#include "agent/base/encoding.h"

#include <doctest/doctest.h>

#include <string>

namespace powernode::encoding_test {
namespace {

TEST_SUITE_BEGIN("encoding");

std::string AllBytes() {
  std::string bytes;
  for (int i = 0; i < 256; ++i) bytes.push_back(static_cast<char>(i));
  return bytes;
}

TEST_CASE("base64 follows the test vectors of RFC 4648") {
  struct Row {
    const char* bytes;
    const char* text;
  };
  for (const Row& row :
       {Row{"", ""}, Row{"f", "Zg=="}, Row{"fo", "Zm8="}, Row{"foo", "Zm9v"},
        Row{"foob", "Zm9vYg=="}, Row{"fooba", "Zm9vYmE="}, Row{"foobar", "Zm9vYmFy"}}) {
    CHECK(Base64Encode(row.bytes) == row.text);
    CHECK(Base64Decode(row.text) == row.bytes);
  }
}

TEST_CASE("any bytes survive base64 and hexadecimal, at any length") {
  const std::string bytes = AllBytes();
  for (std::size_t length = 0; length <= bytes.size(); ++length) {
    const std::string part = bytes.substr(bytes.size() - length);
    CHECK(Base64Decode(Base64Encode(part)) == part);
    CHECK(HexDecode(HexEncode(part)) == part);
  }
}

TEST_CASE("base64 has one spelling: what is not exactly it is refused") {
  for (const char* text : {"Zg", "Zg=", "Zg===", "Z===", "====", "=Zg=", "Zg==Zg==", "Zm9v\n",
                           " Zm9v", "Zm 9v", "Zm9v=", "Zh==", "Zm9=", "Zm-_", "Zm9v====", "Z=g="}) {
    INFO(text);
    CHECK_FALSE(Base64Decode(text).has_value());
  }
}

TEST_CASE("base64 in lines is base64 once the white space is gone") {
  CHECK(Base64DecodeLines(" Zm9v\r\nYmFy\n\tYg==\n") == "foobarb");
  CHECK(Base64DecodeLines(" \n") == "");
  CHECK_FALSE(Base64DecodeLines("Zm9v-").has_value());
}

TEST_CASE("hexadecimal is read in both cases and refused when it is not whole bytes") {
  CHECK(HexEncode("\x01\xab\xff") == "01abff");
  CHECK(HexDecode("01ABff") == "\x01\xab\xff");
  CHECK(HexDecode("") == "");
  for (const char* text : {"0", "0g", "0x", " 00", "00 ", "-1", "001"}) {
    INFO(text);
    CHECK_FALSE(HexDecode(text).has_value());
  }
}

TEST_CASE("lower hexadecimal of an exact length") {
  CHECK(IsLowerHex("00ff", 4));
  CHECK(IsLowerHex("", 0));
  CHECK_FALSE(IsLowerHex("00fF", 4));
  CHECK_FALSE(IsLowerHex("00ff", 5));
  CHECK_FALSE(IsLowerHex("00fg", 4));
}

TEST_SUITE_END();

}  // namespace
}  // namespace powernode::encoding_test

#include "enroll/bearer.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>

#include "agent/base/encoding.h"

namespace powernode::enroll::bearer_test {
namespace {

std::string Jwt(const std::string& claims) {
  std::string payload = Base64Encode(claims);
  std::replace(payload.begin(), payload.end(), '+', '-');
  std::replace(payload.begin(), payload.end(), '/', '_');
  while (payload.ends_with('=')) payload.pop_back();
  return "eyJhbGciOiJIUzI1NiJ9." + payload + ".c2lnbmF0dXJl";
}

TEST_SUITE("bearer") {
  TEST_CASE("its two times are read, and half of its life is when another is asked for") {
    const std::optional<Bearer> bearer = ReadBearer(Jwt(R"({"iat":1000,"exp":87400,"sub":"x?>"})"));
    REQUIRE(bearer);
    CHECK(bearer->issued_at == 1000);
    CHECK(bearer->expires_at == 87400);
    CHECK(bearer->RenewalTime() == 44200);
  }

  TEST_CASE("what is no bearer is none") {
    for (const std::string& text :
         {std::string(), std::string("token"), std::string("a.b"), Jwt("[]"), Jwt("{}"),
          Jwt(R"({"exp":"soon"})"), Jwt(R"({"iat":5,"exp":5})"), Jwt(R"({"iat":-5,"exp":5})"),
          Jwt(R"({"exp":5})") + "\r\nX-Evil: 1", Jwt(R"({"exp":5})") + std::string(9000, 'a')})
      CHECK_MESSAGE(!ReadBearer(text), text.substr(0, 40));
  }
}

}  // namespace
}  // namespace powernode::enroll::bearer_test

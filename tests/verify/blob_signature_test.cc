#include "verify/blob_signature.h"

#include <doctest/doctest.h>

namespace powernode::verify {

TEST_CASE("reads every form a signature is served in") {
  for (const char* text : {"AQID", "  AQID\n", R"({"base64Signature":"AQID"})",
                           R"({"base64Signature":"AQID\n","cert":""})",
                           R"({"messageSignature":{"signature":"AQID"}})"}) {
    CAPTURE(text);
    const Result<BlobSignature> signature = ParseBlobSignature(text);
    REQUIRE(signature.ok());
    CHECK(signature->der == "\x01\x02\x03");
    CHECK_FALSE(signature->keyid);
  }
  const Result<BlobSignature> named =
      ParseBlobSignature(R"({"base64Signature":"AQID","keyid":"ab"})");
  REQUIRE(named.ok());
  CHECK(named->keyid == "ab");
}

TEST_CASE("anything else is wrong, not unknown") {
  for (const std::string& text :
       {std::string(), std::string("   "), std::string("A"), std::string("AQI"),
        std::string("AQ ID"), std::string("{"), std::string("{}"), std::string("[]"),
        std::string(R"({"base64Signature":5})"), std::string(R"({"base64Signature":""})"),
        std::string(R"({"base64Signature":"AQID"} x)"), std::string(R"({"messageSignature":{}})"),
        std::string(8192, 'A'), std::string(2 * 1024 * 1024, 'A')}) {
    CAPTURE(text.substr(0, 40));
    const Result<BlobSignature> signature = ParseBlobSignature(text);
    REQUIRE_FALSE(signature.ok());
    CHECK(signature.error().kind() == ErrorKind::kRefuted);
    CHECK(signature.error().code() == "signature_invalid");
  }
}

}  // namespace powernode::verify

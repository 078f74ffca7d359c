#include "verify/signature_material.h"

#include <doctest/doctest.h>

namespace powernode::verify::signature_material_test {

TEST_CASE("tells apart every form a signature is served in") {
  using sigstore::MaterialKind;
  const struct {
    const char* text;
    MaterialKind kind;
    const char* material;
  } cases[] = {
      {"AQID", MaterialKind::kSignature, "AQID"},
      {"  AQID\n", MaterialKind::kSignature, "AQID"},
      {R"({"base64Signature":"AQID"})", MaterialKind::kSignature, "AQID"},
      {R"({"base64Signature":"AQID\n"})", MaterialKind::kSignature, "AQID"},
      {R"({"messageSignature":{"signature":"AQID"}})", MaterialKind::kSignature, "AQID"},
      {R"({"base64Signature":"AQID","cert":"QUJD"})", MaterialKind::kLegacyBundle, nullptr},
      {R"({"base64Signature":"AQID","rekorBundle":{}})", MaterialKind::kLegacyBundle, nullptr},
      {R"({"mediaType":"x","base64Signature":"AQID"})", MaterialKind::kBundle, nullptr},
  };
  for (const auto& row : cases) {
    CAPTURE(row.text);
    const Result<SignatureMaterial> material = ReadSignatureMaterial(row.text);
    REQUIRE(material.ok());
    CHECK(material->kind == row.kind);
    CHECK(material->text == (row.material != nullptr ? row.material : row.text));
    CHECK_FALSE(material->keyid);
  }
  const Result<SignatureMaterial> named =
      ReadSignatureMaterial(R"({"base64Signature":"AQID","keyid":"ab"})");
  REQUIRE(named.ok());
  CHECK(named->keyid == "ab");
}

TEST_CASE("anything else is wrong, not unknown") {
  for (const std::string& text :
       {std::string("{"), std::string("{}"), std::string(R"({"base64Signature":5})"),
        std::string(R"({"base64Signature":"AQID"} x)"), std::string(R"({"messageSignature":{}})"),
        std::string(2 * 1024 * 1024, 'A')}) {
    CAPTURE(text.substr(0, 40));
    const Result<SignatureMaterial> material = ReadSignatureMaterial(text);
    REQUIRE_FALSE(material.ok());
    CHECK(material.error().kind() == ErrorKind::kRefuted);
    CHECK(material.error().code() == "signature_invalid");
  }
}

}  // namespace powernode::verify::signature_material_test

#include "verify/blob_digest.h"

#include <doctest/doctest.h>

namespace powernode::verify::blob_digest_test {

constexpr const char* kHex = "b6a72c6809150e512f6a76f27208bd5eccaa616e28aef36fe03ebce81e813eaf";

TEST_CASE("every spelling of a digest is the same digest, rendered one way") {
  for (const char* spelling :
       {"sha256:b6a72c6809150e512f6a76f27208bd5eccaa616e28aef36fe03ebce81e813eaf",
        "b6a72c6809150e512f6a76f27208bd5eccaa616e28aef36fe03ebce81e813eaf",
        "B6A72C6809150E512F6A76F27208BD5ECCAA616E28AEF36FE03EBCE81E813EAF",
        "SHA256:b6a72c6809150E512f6a76f27208bd5eccaa616e28aef36fe03ebce81e813eaf"}) {
    CAPTURE(spelling);
    const Result<BlobDigest> digest = BlobDigest::Parse(spelling);
    REQUIRE(digest.ok());
    CHECK(digest->ToString() == std::string("sha256:") + kHex);
    CHECK(digest->Hex() == kHex);
    CHECK(*digest == BlobDigest::Of("a blob that openssl signed\n"));
  }
}

TEST_CASE("refuses what is not a SHA-256") {
  for (const char* text :
       {"", "sha256:", "sha512:b6a72c6809150e512f6a76f27208bd5eccaa616e28aef36fe03ebce81e813eaf",
        "sha256:b6a7", "b6a72c6809150e512f6a76f27208bd5eccaa616e28aef36fe03ebce81e813ea",
        "b6a72c6809150e512f6a76f27208bd5eccaa616e28aef36fe03ebce81e813eag",
        " b6a72c6809150e512f6a76f27208bd5eccaa616e28aef36fe03ebce81e813eaf",
        "sha256:sha256:b6a72c6809150e512f6a76f27208bd5eccaa616e28aef36fe03ebce81e813eaf"}) {
    CAPTURE(text);
    const Result<BlobDigest> digest = BlobDigest::Parse(text);
    REQUIRE_FALSE(digest.ok());
    CHECK(digest.error().kind() == ErrorKind::kInvalid);
    CHECK(digest.error().code() == "bad_digest");
  }
}

TEST_CASE("a very long bad digest is not repeated whole") {
  const Result<BlobDigest> digest = BlobDigest::Parse(std::string(100'000, 'x'));
  REQUIRE_FALSE(digest.ok());
  CHECK(digest.error().message().size() < 300);
}

}  // namespace powernode::verify::blob_digest_test

#include "verify/fsverity_digest.h"

#include <doctest/doctest.h>

#include <string>
#include <type_traits>

#include "verify/blob_digest.h"
#include "verify/verity_identity.h"

namespace powernode::verify::fsverity_digest_test {
namespace {

template <typename From, typename To>
constexpr bool kNeverBecomes =
    !std::is_convertible_v<From, To> && !std::is_constructible_v<To, From> &&
    !std::is_assignable_v<To&, From>;

template <typename A, typename B>
constexpr bool kApart = kNeverBecomes<A, B>&& kNeverBecomes<B, A>;

template <typename A, typename B>
concept Comparable = requires(const A& a, const B& b) {
  a == b;
};

static_assert(kApart<BlobDigest, ImageVerity>);
static_assert(kApart<BlobDigest, ObjectVerity>);
static_assert(kApart<ImageVerity, ObjectVerity>);
static_assert(kApart<BlobDigest, FsVerityDigest>);

static_assert(!Comparable<BlobDigest, ImageVerity>);
static_assert(!Comparable<BlobDigest, ObjectVerity>);
static_assert(!Comparable<ImageVerity, ObjectVerity>);
static_assert(!Comparable<BlobDigest, FsVerityDigest>);

// What was measured becomes an image's or an object's digest only where the code says so.
static_assert(!std::is_convertible_v<FsVerityDigest, ImageVerity>);
static_assert(!std::is_convertible_v<FsVerityDigest, ObjectVerity>);
static_assert(!Comparable<FsVerityDigest, ImageVerity>);
static_assert(Comparable<ImageVerity, ImageVerity>);

}  // namespace

TEST_SUITE_BEGIN("fsverity digest");

TEST_CASE("every spelling becomes the one that fsverity(1) prints") {
  const std::string digits = std::string(63, '0') + "a";
  for (const std::string& text :
       {digits, "sha256:" + digits, "SHA256:" + std::string(63, '0') + "A"}) {
    const Result<FsVerityDigest> digest = FsVerityDigest::Parse(text);
    REQUIRE(digest.ok());
    CHECK(digest->ToString() == "sha256:" + digits);
    CHECK(digest->Hex() == digits);
    CHECK(digest->bytes().size() == 32);
  }
  const std::string long_digits(128, 'b');
  const Result<FsVerityDigest> digest = FsVerityDigest::Parse("sha512:" + long_digits);
  REQUIRE(digest.ok());
  CHECK(digest->algorithm() == FsVerityAlgorithm::kSha512);
  CHECK(digest->ToString() == "sha512:" + long_digits);
}

TEST_CASE("what is not a digest is refused") {
  const std::string digits(64, 'a');
  for (const std::string& text :
       {std::string(), std::string("sha256:"), digits.substr(1), digits + "a", "sha1:" + digits,
        "sha512:" + digits, "sha256:" + digits + digits, digits + digits, " " + digits,
        "sha256:" + digits.substr(1) + "g", "sha256:sha256:" + digits.substr(7)}) {
    const Result<FsVerityDigest> digest = FsVerityDigest::Parse(text);
    REQUIRE_MESSAGE(!digest.ok(), text);
    CHECK(digest.error().code() == "bad_fsverity_digest");
  }
}

TEST_CASE("bytes of another length are no digest of the algorithm") {
  const std::array<std::byte, 64> bytes{};
  CHECK(FsVerityDigest::FromBytes(FsVerityAlgorithm::kSha512, bytes));
  CHECK_FALSE(FsVerityDigest::FromBytes(FsVerityAlgorithm::kSha256, bytes));
  CHECK_FALSE(FsVerityDigest::FromBytes(FsVerityAlgorithm::kSha512, std::span(bytes).first(63)));
}

TEST_CASE("two algorithms' digests differ though one begins like the other") {
  const std::array<std::byte, 64> bytes{};
  CHECK(*FsVerityDigest::FromBytes(FsVerityAlgorithm::kSha512, bytes) !=
        *FsVerityDigest::FromBytes(FsVerityAlgorithm::kSha256, std::span(bytes).first(32)));
}

TEST_CASE("an image's digest is parsed and compared as one") {
  const std::string digits(64, '7');
  const Result<ImageVerity> image = ImageVerity::Parse(digits);
  REQUIRE(image.ok());
  CHECK(*image == ImageVerity(FsVerityDigest::Parse("sha256:" + digits).value()));
  CHECK(image->ToString() == "sha256:" + digits);
  CHECK_FALSE(ObjectVerity::Parse("7").ok());
}

TEST_SUITE_END();

}  // namespace powernode::verify::fsverity_digest_test

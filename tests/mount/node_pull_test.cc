// Pulling from the reference control plane: real sockets, TLS and HTTP, with the faults a network
// and a platform can have.
#include <doctest/doctest.h>

#include "agent/base/files.h"
#include "enroll/enroll.h"
#include "enroll/pki_store.h"
#include "enroll/session.h"
#include "mount/node_blob_source.h"
#include "mount/puller.h"
#include "tests/platform/fixture.h"
#include "tests/support/temporary_directory.h"
#include "tests/verify/signer.h"

namespace powernode::mount::node_pull_test {
namespace {

constexpr std::size_t kSize = 3'000'000;

enum class Signed { kByTrustedKey, kByStranger, kNot };

// A control plane with one node and one module, and the node enrolled.
class Site {
 public:
  explicit Site(Signed by = Signed::kByTrustedKey) : content_(kSize, '\0') {
    for (std::size_t i = 0; i < content_.size(); ++i)
      content_[i] = static_cast<char>(i * 31 >> 3 ^ i >> 11);
    const std::string image = root_ / "image";
    const std::string key = root_ / "key.pem";
    REQUIRE(WriteFile(image, content_, 0600).ok());
    testing::Signer stranger;
    testing::Signer& author = by == Signed::kByStranger ? stranger : signer_;
    REQUIRE(WriteFile(key, author.PrivatePem(), 0600).ok());
    platform::Fixture::Words words = {"--name", "nginx", "--id", "m1", "--priority", "10"};
    if (by == Signed::kNot) {
      words.push_back("--no-sign");
    } else {
      words.insert(words.end(), {"--sign-key", key});
    }
    const platform::FixtureNode row = plane.AddNode("n1");
    plane.AddModule(image, words);
    plane.Assign("n1", {"m1"});

    identity::Identity identity;
    identity.instance_uuid = row.id;
    identity.platform = *ParseOrigin(plane.Url());
    identity.ca_pem = plane.CaPem();
    identity.bootstrap_token = Secret(row.token);
    enroll::PkiStore pki((root_ / "pki").string());
    enroll::EnrollAttempt attempt = enroll::Enroll(identity, enroll::PersistKind::kDurable, pki,
                                                   enroll::CurlTransports(), SystemClock(), {});
    if (!attempt.outcome) FAIL(attempt.outcome.error().message());
    session_.emplace(attempt.outcome->credentials, enroll::CurlTransports(), SystemClock());
  }

  Result<verify::VerifiedImage> Pull(verify::TrustMode mode = verify::TrustMode::kEnforce) {
    NodeBlobSource source(*session_);
    const verify::ImageVerifier verifier(signer_.Policy(verify::Binding::kBlobOnly, mode));
    const Puller puller(store_, verifier, &source, SystemClock(),
                        {.download = {.observer = {}, .retry_base = std::chrono::milliseconds(5)}});
    return puller.Pull({.module_id = "m1",
                        .name = "nginx",
                        .digest = verify::BlobDigest::Of(content_),
                        .size = content_.size(),
                        .signature = {}},
                       {});
  }

  void Fault(const std::string& kind, platform::Fixture::Words more) {
    platform::Fixture::Words words = {kind, "--route", "blobs/*"};
    words.insert(words.end(), more.begin(), more.end());
    plane.Fault(words);
  }

  bool Stored() const {
    const Result<std::string> bytes =
        ReadFile(store_.PathOf(verify::BlobDigest::Of(content_)), kSize + 1);
    return bytes.ok() && *bytes == content_;
  }

  std::size_t BlobRequests() const {
    return plane.Requests("blobs/sha256/" + verify::BlobDigest::Of(content_).Hex()).size();
  }

 private:
  testing::TemporaryDirectory root_;
  std::string content_;
  testing::Signer signer_;
  BlobStore store_{Paths::Below(root_.path().string()), 1};

 public:
  platform::Fixture plane;

 private:
  std::optional<enroll::Session> session_;
};

}  // namespace

TEST_CASE("a signed module is fetched once, proven and stored") {
  Site site;
  const Result<verify::VerifiedImage> image = site.Pull();
  REQUIRE_MESSAGE(image.ok(), image.error().message());
  CHECK(image->report().key_id().has_value());
  CHECK(image->size() == kSize);
  CHECK(site.Stored());
  REQUIRE(site.Pull().ok());
  CHECK(site.BlobRequests() == 1);
  CHECK(site.plane.StatusJson().at("complaints").dump() == "[]");
}

TEST_CASE("connections cut at any place are continued with a range") {
  Site site;
  for (const char* bytes : {"0", "1", "4096", "262144", "1000001"})
    site.Fault("close", {"--number", bytes, "--count", "1"});
  const Result<verify::VerifiedImage> image = site.Pull();
  REQUIRE_MESSAGE(image.ok(), image.error().message());
  CHECK(site.Stored());
  CHECK(site.plane.StatusJson().at("complaints").dump() == "[]");
}

TEST_CASE("cut at every 64 KiB, no request asks for a chunk that is here already") {
  constexpr std::size_t kChunk = 65'536;
  Site site;
  site.Fault("close", {"--number", std::to_string(kChunk)});
  const Result<verify::VerifiedImage> image = site.Pull();
  REQUIRE_MESSAGE(image.ok(), image.error().message());
  CHECK(site.Stored());
  const std::size_t chunks = (kSize + kChunk - 1) / kChunk;
  CHECK(site.BlobRequests() >= chunks);
  CHECK(site.BlobRequests() <= chunks + 2);  // a cut may cost what had not been read yet
}

TEST_CASE("an interrupted download is completed whatever the platform makes of ranges") {
  Site site;
  site.Fault("close", {"--number", "500000", "--count", "1"});
  SUBCASE("it ignores them") { site.Fault("ignore-range", {"--skip", "1", "--count", "1"}); }
  SUBCASE("it has no ETag") { site.Fault("no-etag", {}); }
  SUBCASE("its ETag is weak") { site.Fault("weak-etag", {}); }
  SUBCASE("it answers with another range") {
    site.Fault("wrong-content-range", {"--skip", "1", "--count", "1"});
  }
  SUBCASE("it is down for a moment") {
    site.Fault("status", {"--number", "503", "--skip", "1", "--count", "2"});
  }
  const Result<verify::VerifiedImage> image = site.Pull();
  REQUIRE_MESSAGE(image.ok(), image.error().message());
  CHECK(site.Stored());
}

TEST_CASE("a byte that changed on the way costs one more download, twice is a refusal") {
  Site site;
  SUBCASE("once") {
    site.Fault("flip", {"--number", "1234567", "--count", "1"});
    const Result<verify::VerifiedImage> image = site.Pull();
    REQUIRE_MESSAGE(image.ok(), image.error().message());
    CHECK(site.Stored());
    CHECK(site.BlobRequests() == 2);
  }
  SUBCASE("always") {
    site.Fault("flip", {"--number", "1234567"});
    const Result<verify::VerifiedImage> image = site.Pull();
    REQUIRE_FALSE(image.ok());
    CHECK(image.error().kind() == ErrorKind::kRefuted);
    CHECK(image.error().code() == "digest_mismatch");
    CHECK_FALSE(site.Stored());
  }
}

TEST_CASE("a web page instead of an image is refused by name") {
  Site site;
  site.Fault("html", {});
  const Result<verify::VerifiedImage> image = site.Pull();
  REQUIRE_FALSE(image.ok());
  CHECK(image.error().code() == "blob_not_served");
  CHECK_FALSE(site.Stored());
}

TEST_CASE("an unsigned module is refused before it is fetched; audit fetches and says so") {
  Site site(Signed::kNot);
  const Result<verify::VerifiedImage> refused = site.Pull();
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().code() == "signature_missing");
  CHECK(site.BlobRequests() == 0);
  const Result<verify::VerifiedImage> audited = site.Pull(verify::TrustMode::kAudit);
  REQUIRE_MESSAGE(audited.ok(), audited.error().message());
  CHECK(audited->report().violation == "signature_missing");
}

TEST_CASE("a module signed by a key this node does not trust is refused before it is fetched") {
  Site site(Signed::kByStranger);
  const Result<verify::VerifiedImage> refused = site.Pull();
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().code() == "signature_invalid");
  CHECK(site.BlobRequests() == 0);
}

}  // namespace powernode::mount::node_pull_test

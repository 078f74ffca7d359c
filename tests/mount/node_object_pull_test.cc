// Composefs modules pulled from the reference control plane: real sockets, TLS and HTTP, and a
// platform that computes its digests with another library.
#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <optional>

#include "agent/base/files.h"
#include "enroll/enroll.h"
#include "enroll/pki_store.h"
#include "enroll/session.h"
#include "mount/node_blob_source.h"
#include "mount/node_object_source.h"
#include "mount/object_puller.h"
#include "mount/puller.h"
#include "tests/mount/sample_objects.h"
#include "tests/platform/fixture.h"
#include "tests/support/temporary_directory.h"
#include "tests/verify/signer.h"

namespace powernode::mount::node_object_pull_test {
namespace {

using testing::ObjectOf;
using testing::StoredContent;
using Words = platform::Fixture::Words;

std::string Filled(std::size_t size, std::size_t seed) {
  std::string content(size, '\0');
  for (std::size_t i = 0; i < size; ++i)
    content[i] = static_cast<char>((i + seed) * 31 >> 3 ^ i >> 11 ^ seed);
  return content;
}

// A control plane with one composefs module, made from a directory, and an enrolled node.
class Site {
 public:
  Site() {
    REQUIRE(MakeDirectories(Tree() + "/usr/lib", 0755).ok());
    REQUIRE(WriteFile(root_ / "key.pem", signer_.PrivatePem(), 0600).ok());
    for (std::size_t i = 0; i < 60; ++i)
      Write("usr/lib/" + std::to_string(i), Filled(3'000 + 1'000 * i, i));
    Write("usr/lib/large", Filled(5'000'000, 99));

    const platform::FixtureNode row = plane.AddNode("n1");
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

  void Write(const std::string& path, const std::string& content) {
    files_[path] = content;
    REQUIRE(WriteFile(Tree() + "/" + path, content, 0644).ok());
  }
  void Publish() {
    const nlohmann::json made =
        plane.AddModule(Tree(), {"--name", "web", "--id", "m1", "--priority", "10", "--format",
                                 "composefs", "--sign-key", (root_ / "key.pem").string()});
    digest_ = verify::BlobDigest::Parse(made.at("digest").get<std::string>()).value();
    plane.Assign("n1", {"m1"});
  }

  Result<CompleteObjects> Pull(std::stop_token stop = {}) {
    NodeBlobSource blobs(*session_);
    NodeObjectSource objects(*session_);
    const verify::ImageVerifier verifier(signer_.Policy(verify::Binding::kBlobOnly));
    const Puller puller(blob_store_, verifier, &blobs, SystemClock(),
                        {.download = {.observer = {}, .retry_base = kSoon}});
    Result<verify::VerifiedImage> image =
        puller.Pull({.module_id = "m1", .name = "web", .digest = *digest_, .signature = {}}, stop);
    REQUIRE_MESSAGE(image.ok(), image.error().message());
    const ObjectPuller object_puller(
        store, &objects, SystemClock(),
        {.floor_mib = 1, .partial_directory = paths_.partial, .retry_base = kSoon});
    return object_puller.Complete(*image, "web", stop);
  }

  bool HasAll() const {
    return std::all_of(files_.begin(), files_.end(), [this](const auto& file) {
      return StoredContent(store, ObjectOf(file.second)) == file.second;
    });
  }
  std::uint64_t Served(const char* kind) const { return plane.StatusOf("n1").at(kind); }
  std::string HexOf(const std::string& path) const {
    return ObjectOf(files_.at(path)).digest.Hex();
  }
  bool IsContent() const { return plane.StatusJson().at("complaints").dump() == "[]"; }

 private:
  static constexpr std::chrono::milliseconds kSoon{5};
  std::string Tree() const { return (root_ / "tree").string(); }

  testing::TemporaryDirectory root_;
  Paths paths_ = Paths::Below(root_.path().string());
  testing::Signer signer_;
  BlobStore blob_store_{paths_, 1};
  std::map<std::string, std::string> files_;
  std::optional<verify::BlobDigest> digest_;

 public:
  ObjectStore store{paths_.objects};
  platform::Fixture plane;

 private:
  std::optional<enroll::Session> session_;
};

}  // namespace

TEST_CASE("a composefs module comes whole with few requests, and once") {
  Site site;
  site.Publish();
  const Result<CompleteObjects> complete = site.Pull();
  REQUIRE_MESSAGE(complete.ok(), complete.error().message());
  CHECK(complete->count() == 61);
  CHECK(complete->fetched_count() == 61);
  CHECK(site.HasAll());
  CHECK(site.plane.Requests("objects/fetch").size() == 2);
  CHECK(site.plane.Requests("objects/" + site.HexOf("usr/lib/large")).size() == 1);
  CHECK(site.Served("object_bytes_served") == complete->bytes());

  const std::size_t requests = site.plane.Requests().size();
  const Result<CompleteObjects> again = site.Pull();
  REQUIRE(again.ok());
  CHECK(again->fetched_count() == 0);
  CHECK(site.plane.Requests().size() == requests);
  CHECK(site.IsContent());
}

TEST_CASE("an update fetches at most 1.1 times the bytes of the files that changed") {
  Site site;
  site.Publish();
  REQUIRE(site.Pull().ok());
  const std::uint64_t before =
      site.Served("object_bytes_served") + site.Served("blob_bytes_served");
  std::uint64_t changed = 0;
  for (const std::size_t i : {3U, 17U, 41U}) {
    site.Write("usr/lib/" + std::to_string(i), Filled(200'000 + i, 1'000 + i));
    changed += 200'000 + i;
  }
  site.Publish();
  const Result<CompleteObjects> complete = site.Pull();
  REQUIRE_MESSAGE(complete.ok(), complete.error().message());
  CHECK(complete->fetched_count() == 3);
  CHECK(complete->fetched_bytes() == changed);
  CHECK(site.HasAll());
  const std::uint64_t served =
      site.Served("object_bytes_served") + site.Served("blob_bytes_served") - before;
  CHECK(served >= changed);
  CHECK(served * 10 <= changed * 11);
}

TEST_CASE("connections that break off at any byte cost what was on its way and no more") {
  Site site;
  site.Publish();
  for (const char* bytes : {"0", "1", "39", "40", "41", "4096", "100000", "1000001"})
    site.plane.Fault({"close", "--route", "objects/*", "--number", bytes, "--count", "1"});
  const Result<CompleteObjects> complete = site.Pull();
  REQUIRE_MESSAGE(complete.ok(), complete.error().message());
  CHECK(site.HasAll());
  CHECK(site.IsContent());
}

TEST_CASE("an object that changed on the way is fetched again, one that always does is refused") {
  Site site;
  site.Publish();
  std::string path = "usr/lib/7";
  SUBCASE("among many") {}
  SUBCASE("by itself") { path = "usr/lib/large"; }
  const std::string hex = site.HexOf(path);
  site.plane.Fault({"corrupt-object", "--text", hex, "--count", "1"});
  const Result<CompleteObjects> complete = site.Pull();
  REQUIRE_MESSAGE(complete.ok(), complete.error().message());
  CHECK(site.HasAll());

  REQUIRE(site.store.Remove(verify::ObjectVerity::Parse(hex).value()).ok());
  site.plane.Fault({"corrupt-object", "--text", hex});
  const Result<CompleteObjects> refused = site.Pull();
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().code() == "digest_mismatch");
  CHECK(refused.error().message().find(hex) != std::string::npos);
  CHECK_FALSE(site.store.Has(verify::ObjectVerity::Parse(hex).value()).value());
}

TEST_CASE(
    "what the platform cannot do right is refused by name; what it cannot do is done without") {
  Site site;
  site.Publish();
  std::string code;
  SUBCASE("no batches") {
    site.plane.Fault({"status", "--route", "objects/fetch", "--number", "404"});
  }
  SUBCASE("no end record, once") { site.plane.Fault({"no-end-record", "--count", "1"}); }
  SUBCASE("down for a moment") {
    site.plane.Fault({"status", "--route", "objects/*", "--number", "503", "--count", "2"});
  }
  SUBCASE("an object is not there") {
    code = "objects_missing";
    site.plane.Fault({"omit-object", "--text", site.HexOf("usr/lib/5")});
  }
  SUBCASE("one comes twice") {
    code = "bad_object_stream";
    site.plane.Fault({"repeat-object"});
  }
  SUBCASE("one has another length") {
    code = "bad_object_stream";
    site.plane.Fault({"wrong-object-length"});
  }
  const Result<CompleteObjects> complete = site.Pull();
  if (code.empty()) {
    REQUIRE_MESSAGE(complete.ok(), complete.error().message());
    CHECK(site.HasAll());
    return;
  }
  REQUIRE_FALSE(complete.ok());
  CHECK(complete.error().kind() == ErrorKind::kRefuted);
  CHECK(complete.error().code() == code);
}

}  // namespace powernode::mount::node_object_pull_test

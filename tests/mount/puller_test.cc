#include "mount/puller.h"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include "agent/base/files.h"
#include "agent/base/syscalls.h"
#include "tests/mount/pull_bench.h"

namespace powernode::mount::puller_test {
namespace {

using testing::Lost;

using Bench = testing::PullBench;

}  // namespace

TEST_CASE("a pulled blob is stored under its digest, read-only, with its signature beside it") {
  Bench bench;
  const Result<verify::VerifiedImage> image = bench.Pull();
  REQUIRE_MESSAGE(image.ok(), image.error().message());
  CHECK(image->digest() == bench.digest());
  CHECK(bench.Stored() == bench.content());
  CHECK_FALSE(bench.HasPart());
  CHECK(bench.store.PathOf(bench.digest()).ends_with("/blobs/sha256_" + bench.digest().Hex()));
  CHECK((Stat(bench.store.PathOf(bench.digest()))->st_mode & 07777) == 0444);
  CHECK(bench.store.ReadSignature(bench.digest()).value() == bench.source.signature);
  CHECK(bench.store.List().value() == std::vector{bench.digest()});
  // No way to write through what was verified.
  CHECK_FALSE(PwriteAll(image->fd(), AsBytes("x"), 0).ok());
}

TEST_CASE("a second pull fetches nothing, and a third needs no source") {
  Bench bench;
  REQUIRE(bench.Pull().ok());
  REQUIRE(bench.Pull().ok());
  CHECK(bench.source.wishes.size() == 1);
  CHECK(bench.source.signatures_asked == 1);
  const Result<verify::VerifiedImage> offline = bench.Make(nullptr).FromStore(bench.Module(), {});
  REQUIRE(offline.ok());
  CHECK(offline->report().key_id());
}

TEST_CASE("the observer hears the end, and where the blob came from") {
  Bench bench;
  std::vector<bool> from_store;
  bench.options.download.observer = [&](const PullProgress& progress) {
    if (!progress.finished) return;
    CHECK(progress.bytes_done == bench.content().size());
    CHECK(progress.module.name == "nginx");
    from_store.push_back(progress.from_store);
  };
  REQUIRE(bench.Pull().ok());
  REQUIRE(bench.Pull().ok());
  CHECK(from_store == std::vector{false, true});
}

TEST_CASE("a lost connection is continued where it was lost, as often as it takes") {
  Bench bench;
  for (std::size_t i = 0; i < 20; ++i)
    bench.source.script.push_back({.cut_after = 40'000 + i, .refuse = {}});
  const Result<verify::VerifiedImage> image = bench.Pull();
  REQUIRE_MESSAGE(image.ok(), image.error().message());
  CHECK(bench.source.bytes_served == bench.content().size());
  CHECK(bench.source.wishes.size() == 21);
  CHECK(bench.source.wishes[1].offset == 40'000);
  CHECK(bench.source.wishes[1].etag == "\"v1\"");
  CHECK(bench.Stored() == bench.content());
}

TEST_CASE("an answer that ends early without an error is continued as well") {
  Bench bench;
  bench.source.script.push_back(
      {.cut_after = 123'456, .refuse = {}, .ignore_range = false, .clean_end = true});
  REQUIRE(bench.Pull().ok());
  CHECK(bench.source.wishes.at(1).offset == 123'456);
}

TEST_CASE(
    "six attempts without progress end the pull; what has arrived is kept and continued by the "
    "next one") {
  Bench bench;
  bench.source.script.push_back({.cut_after = 300'000, .refuse = {}});
  for (int i = 0; i < 6; ++i) bench.source.script.push_back({.cut_after = {}, .refuse = Lost()});
  const Result<verify::VerifiedImage> refused = bench.Pull();
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().kind() == ErrorKind::kUnavailable);
  CHECK(refused.error().message() ==
        "pull module nginx: given up after 6 attempts without progress, 300000 bytes are kept: "
        "nobody home");
  CHECK(bench.source.wishes.size() == 7);
  CHECK(bench.clock.slept.size() == 6);
  for (const auto wait : bench.clock.slept) CHECK(wait <= std::chrono::seconds(60));
  CHECK(bench.HasPart());

  REQUIRE(bench.Pull().ok());
  CHECK(bench.source.wishes.back().offset == 300'000);
  CHECK(bench.source.bytes_served == bench.content().size());
}

TEST_CASE("the source's wish to wait replaces our own") {
  Bench bench;
  bench.source.asked_to_wait = std::chrono::seconds(120);
  bench.source.script.push_back({.cut_after = {}, .refuse = Lost()});
  REQUIRE(bench.Pull().ok());
  CHECK(bench.clock.slept == std::vector{std::chrono::milliseconds(120'000)});
}

TEST_CASE("a part that cannot be continued begins again") {
  Bench bench;
  SUBCASE("no ETag, so nothing says that the rest belongs to it") {
    bench.source.etag = "";
    bench.source.script.push_back({.cut_after = 500'000, .refuse = {}});
  }
  SUBCASE("the ETag has changed") {
    bench.source.script.push_back({.cut_after = 500'000, .refuse = {}});
    bench.source.script.push_back({.cut_after = {}, .refuse = {}, .ignore_range = true});
  }
  SUBCASE("416") {
    bench.source.script.push_back({.cut_after = 500'000, .refuse = {}});
    bench.source.script.push_back(
        {.cut_after = {}, .refuse = Error(ErrorKind::kRefuted, "range_not_satisfiable", "416")});
  }
  SUBCASE("an answer that begins elsewhere") {
    bench.source.script.push_back({.cut_after = 500'000, .refuse = {}});
    bench.source.script.push_back(
        {.cut_after = {}, .refuse = Error(ErrorKind::kRefuted, "bad_content_range", "206")});
  }
  REQUIRE(bench.Pull().ok());
  CHECK(bench.Stored() == bench.content());
  CHECK(bench.source.bytes_served == bench.content().size() + 500'000);
}

TEST_CASE("a source without ETag that always breaks off at the same place is not asked for ever") {
  Bench bench;
  bench.source.etag = "";
  for (int i = 0; i < 30; ++i) bench.source.script.push_back({.cut_after = 500'000, .refuse = {}});
  CHECK_FALSE(bench.Pull().ok());
  CHECK(bench.source.wishes.size() == 7);
}

TEST_CASE("a complete part that was never adopted needs no byte more") {
  Bench bench;
  REQUIRE(bench.store.Prepare().ok());
  REQUIRE(WriteFile(bench.store.PartPathOf(bench.digest()), bench.content(), 0600).ok());
  REQUIRE(bench.Pull().ok());
  CHECK(bench.source.wishes.empty());
  CHECK(bench.Stored() == bench.content());
}

TEST_CASE("a part longer than the blob is thrown away") {
  Bench bench;
  REQUIRE(bench.store.Prepare().ok());
  REQUIRE(WriteFile(bench.store.PartPathOf(bench.digest()), bench.content() + "x", 0600).ok());
  REQUIRE(bench.Pull().ok());
  CHECK(bench.source.wishes.at(0).offset == 0);
}

TEST_CASE("a part with wrong bytes costs one clean retry") {
  Bench bench;
  REQUIRE(bench.store.Prepare().ok());
  REQUIRE(WriteFile(bench.store.PartPathOf(bench.digest()), std::string(400'000, 'x'), 0600).ok());
  REQUIRE(WriteFile(bench.store.PartMetaPathOf(bench.digest()), "\"v1\"", 0600).ok());
  REQUIRE(bench.Pull().ok());
  REQUIRE(bench.source.wishes.size() == 2);
  CHECK(bench.source.wishes[0].offset == 400'000);
  CHECK(bench.source.wishes[1].offset == 0);
}

TEST_CASE("wrong bytes are fetched twice, then refused; nothing of them is kept") {
  Bench bench;
  bench.source.content[777] ^= 1;
  const Result<verify::VerifiedImage> refused = bench.Pull();
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().kind() == ErrorKind::kRefuted);
  CHECK(refused.error().code() == "digest_mismatch");
  CHECK(bench.source.wishes.size() == 2);
  CHECK_FALSE(bench.HasPart());
  CHECK(bench.Stored().empty());
}

TEST_CASE("another size than announced is refused") {
  Bench bench;
  SUBCASE("cut short, and the head says so") { bench.source.content.resize(999'999); }
  SUBCASE("longer, and the head says so") { bench.source.content += "x"; }
  SUBCASE("longer, and the head says nothing") {
    bench.source.content += "x";
    bench.source.announce_total = false;
  }
  const Result<verify::VerifiedImage> refused = bench.Pull();
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().code() == "size_mismatch");
  CHECK(refused.error().message().find("1000000") != std::string::npos);
  CHECK(bench.Stored().empty());
}

TEST_CASE("a blob of unknown size is pulled all the same") {
  Bench bench;
  ModuleBlob module = bench.Module();
  module.size.reset();
  SUBCASE("the head says it") {}
  SUBCASE("nobody says it") { bench.source.announce_total = false; }
  const Result<verify::VerifiedImage> image = bench.Make(&bench.source).Pull(module, {});
  REQUIRE_MESSAGE(image.ok(), image.error().message());
  CHECK(bench.Stored() == bench.content());
}

TEST_CASE("what the verifier would refuse is refused before a byte is fetched") {
  Bench bench;
  testing::Signer stranger;
  const char* code = "signature_invalid";
  SUBCASE("unknown key") { bench.source.signature = stranger.Sign(bench.digest()); }
  SUBCASE("signature of other bytes") {
    bench.source.signature = bench.signer.Sign(verify::BlobDigest::Of("x"));
  }
  SUBCASE("no signature") {
    bench.source.signature.reset();
    code = "signature_missing";
  }
  SUBCASE("no trusted key") {
    bench.verifier = verify::ImageVerifier(verify::Policy());
    code = "no_trust_keys";
  }
  const Result<verify::VerifiedImage> refused = bench.Pull();
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().code() == code);
  CHECK(bench.source.wishes.empty());
  CHECK(bench.Stored().empty());

  // audit: fetched, stored and reported.
  verify::Policy audit = bench.verifier.policy();
  audit.mode = verify::TrustMode::kAudit;
  bench.verifier = verify::ImageVerifier(std::move(audit));
  const Result<verify::VerifiedImage> audited = bench.Pull();
  REQUIRE_MESSAGE(audited.ok(), audited.error().message());
  CHECK(audited->report().violation == code);
}

TEST_CASE("a signature that cannot be fetched now is no missing signature") {
  Bench bench;
  bench.source.signature_error = Lost();
  const Result<verify::VerifiedImage> refused = bench.Pull();
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().kind() == ErrorKind::kUnavailable);
  CHECK(refused.error().message() == "pull module nginx: fetch its signature: nobody home");
}

TEST_CASE("a signature in the module view is used, and the platform is not asked") {
  Bench bench;
  ModuleBlob module = bench.Module();
  module.signature = bench.source.signature;
  REQUIRE(bench.Make(&bench.source).Pull(module, {}).ok());
  CHECK(bench.source.signatures_asked == 0);
}

TEST_CASE(
    "a stored signature by a key that is no longer trusted is replaced by a new one, without a "
    "download") {
  Bench bench;
  REQUIRE(bench.Pull().ok());
  testing::Signer successor;
  bench.verifier = verify::ImageVerifier(successor.Policy());
  CHECK(bench.Make(nullptr).FromStore(bench.Module(), {}).error().code() == "signature_invalid");
  bench.source.signature = successor.Sign(bench.digest());
  REQUIRE(bench.Pull().ok());
  CHECK(bench.source.wishes.size() == 1);
  CHECK(bench.Make(nullptr).FromStore(bench.Module(), {}).ok());
}

TEST_CASE("a stored blob that was tampered with is never used") {
  Bench bench;
  REQUIRE(bench.Pull().ok());
  const std::string path = bench.store.PathOf(bench.digest());
  std::string bytes = bench.content();
  bytes[5] ^= 1;
  REQUIRE(WriteFile(path, bytes, 0444).ok());

  SUBCASE("offline: refused, and left for whoever wants to look") {
    const Result<verify::VerifiedImage> refused = bench.Make(nullptr).FromStore(bench.Module(), {});
    REQUIRE_FALSE(refused.ok());
    CHECK(refused.error().code() == "digest_mismatch");
    CHECK(bench.Stored() == bytes);
  }
  SUBCASE("online: fetched again") {
    REQUIRE(bench.Pull().ok());
    CHECK(bench.source.wishes.size() == 2);
    CHECK(bench.Stored() == bench.content());
  }
}

TEST_CASE("what is not stored is not found offline") {
  Bench bench;
  REQUIRE(bench.store.Prepare().ok());
  REQUIRE(bench.store.WriteSignature(bench.digest(), *bench.source.signature).ok());
  const Result<verify::VerifiedImage> missing = bench.Make(nullptr).FromStore(bench.Module(), {});
  REQUIRE_FALSE(missing.ok());
  CHECK(missing.error().kind() == ErrorKind::kNotFound);
  CHECK(missing.error().code() == "blob_not_stored");
}

TEST_CASE("refusals of the source are final and keep their code") {
  Bench bench;
  for (const char* code : {"blob_not_served", "digest_mismatch"}) {
    CAPTURE(code);
    bench.source.wishes.clear();
    bench.source.script.push_back(
        {.cut_after = {}, .refuse = Error(ErrorKind::kRefuted, code, "text/html came")});
    const Result<verify::VerifiedImage> refused = bench.Pull();
    REQUIRE_FALSE(refused.ok());
    CHECK(refused.error().code() == code);
    CHECK(bench.source.wishes.size() == 1);
  }
}

TEST_CASE("a stop ends the pull at once and keeps the part") {
  Bench bench;
  bench.source.script.push_back({.cut_after = 200'000, .refuse = {}});
  bench.options.download.observer = [&](const PullProgress&) { bench.stop.request_stop(); };
  const Result<verify::VerifiedImage> stopped = bench.Pull();
  REQUIRE_FALSE(stopped.ok());
  CHECK(stopped.error().code() == "cancelled");
  CHECK(bench.HasPart());
  CHECK(bench.source.wishes.size() == 1);
}

TEST_CASE("one pull of a blob at a time") {
  Bench bench;
  REQUIRE(bench.store.Prepare().ok());
  const Result<LockFile> other = bench.store.Lock(bench.digest(), std::chrono::milliseconds(0));
  REQUIRE(other.ok());
  const Result<verify::VerifiedImage> refused = bench.Pull();
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().kind() == ErrorKind::kBusy);
}

}  // namespace powernode::mount::puller_test

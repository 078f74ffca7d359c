// A store on a file system that runs full; mounts one of its own, so needs root.
#include <doctest/doctest.h>
#include <sys/mount.h>

#include "agent/base/files.h"
#include "agent/base/syscalls.h"
#include "tests/mount/pull_bench.h"

namespace powernode::mount {

using Bench = testing::PullBench;

TEST_CASE("a full persist partition is said so before or while it fills, and loses nothing") {
  Bench bench(testing::Blob(6'000'000));
  REQUIRE(bench.store.Prepare().ok());
  const std::string cache = DirectoryOf(DirectoryOf(bench.store.PathOf(bench.digest())));
  REQUIRE(::mount("small", cache.c_str(), "tmpfs", 0, "size=8m") == 0);
  REQUIRE(bench.store.Prepare().ok());
  REQUIRE(WriteFile(cache + "/others", std::string(1'000'000, 'x'), 0600).ok());

  SUBCASE("known before: nothing is fetched") {
    const BlobStore careful(Paths::Below(DirectoryOf(DirectoryOf(cache))), 4);
    const Puller puller(careful, bench.verifier, &bench.source, bench.clock, bench.options);
    const Result<verify::VerifiedImage> refused = puller.Pull(bench.Module(), {});
    REQUIRE_FALSE(refused.ok());
    CHECK(refused.error().kind() == ErrorKind::kNoSpace);
    CHECK(refused.error().code() == "no_space");
    CHECK(refused.error().message().find("cache_floor_mib") != std::string::npos);
    CHECK(bench.source.wishes.empty());
  }
  SUBCASE("somebody else fills it meanwhile: the part stays, and continues once there is room") {
    bool filled = false;
    bench.options.download.observer = [&](const PullProgress& progress) {
      if (filled || progress.finished) return;
      filled = true;
      (void)WriteFile(cache + "/filler", std::string(4'000'000, 'x'), 0600);
    };
    const Result<verify::VerifiedImage> refused = bench.Pull();
    REQUIRE_FALSE(refused.ok());
    CHECK(refused.error().kind() == ErrorKind::kNoSpace);
    CHECK(refused.error().code() == "no_space");
    CHECK(bench.HasPart());
    REQUIRE(Unlink(cache + "/filler").ok());
    bench.options.download.observer = nullptr;
    REQUIRE(bench.Pull().ok());
    CHECK(bench.source.wishes.back().offset > 1'000'000);
  }
  CHECK(Exists(cache + "/others"));
  CHECK(::umount(cache.c_str()) == 0);
}

}  // namespace powernode::mount

// A store on a file system that runs full; mounts one of its own, so needs root.
#include <doctest/doctest.h>
#include <sys/mount.h>

#include <algorithm>

#include "agent/base/files.h"
#include "agent/base/syscalls.h"
#include "mount/object_fetch.h"
#include "tests/mount/pull_bench.h"
#include "tests/mount/scripted_objects.h"
#include "tests/support/temporary_directory.h"

namespace powernode::mount::full_store_test {

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

TEST_CASE("a disk that fills while objects arrive is said, and what has arrived stays") {
  const testing::TemporaryDirectory root;
  const std::string cache = (root / "cache").string();
  REQUIRE(MakeDirectories(cache + "/partial", 0700));
  REQUIRE(::mount("small", cache.c_str(), "tmpfs", 0, "size=8m") == 0);
  REQUIRE(MakeDirectories(cache + "/partial", 0700));
  const ObjectStore store(cache + "/objects");
  REQUIRE(store.Prepare());

  testing::ScriptedObjects source;
  std::vector<NeededObject> wanted;
  for (std::size_t i = 0; i < 6; ++i) wanted.push_back(source.Serve(testing::Blob(900'000 + i)));
  std::sort(wanted.begin(), wanted.end());
  int arrived = 0;
  source.after_each = [&] {
    if (++arrived == 2) (void)WriteFile(cache + "/filler", std::string(6'000'000, 'x'), 0600);
  };
  testing::SleepCounter clock;
  const ObjectMeter::Observer nobody;
  ObjectMeter meter({.module = "m"}, clock, nobody);
  const FetchTools tools{.store = store,
                         .source = source,
                         .clock = clock,
                         .meter = meter,
                         .verity = KernelVerity::kLeave,
                         .partial_directory = cache + "/partial",
                         .retry_base = std::chrono::milliseconds(1)};
  const Status refused = ObjectFetch(tools, wanted).Run({});
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().kind() == ErrorKind::kNoSpace);
  CHECK(refused.error().code() == "no_space");
  const Result<std::vector<NeededObject>> missing = store.Missing(wanted);
  REQUIRE(missing);
  CHECK(missing->size() == 4);

  REQUIRE(Unlink(cache + "/filler"));
  const std::uint64_t served = source.bytes_served;
  REQUIRE(ObjectFetch(tools, *missing).Run({}));
  CHECK(store.Missing(wanted)->empty());
  CHECK(source.bytes_served - served < 4 * 900'100);
  CHECK(::umount(cache.c_str()) == 0);
}

}  // namespace powernode::mount::full_store_test

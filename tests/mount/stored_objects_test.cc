#include "mount/stored_objects.h"

#include <doctest/doctest.h>
#include <linux/fsverity.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <mutex>
#include <set>

#include "agent/base/files.h"
#include "agent/base/syscalls.h"
#include "tests/mount/sample_objects.h"
#include "tests/support/temporary_directory.h"

namespace powernode::mount::stored_objects_test {
namespace {

using testing::ObjectOf;
using verify::VerityMode;

struct Bench {
  Bench() {
    testing::AddObjects(store, {a, b, c});
    std::sort(objects.begin(), objects.end());
  }

  Result<StoredObjects> Check(VerityMode mode = VerityMode::kAuto) {
    return CheckStoredObjects(store, objects, mode, SystemClock(), stop.get_token(), ioctl);
  }
  void Overwrite(const NeededObject& object, const std::string& content) {
    const std::string path = store.PathOf(object.digest);
    REQUIRE(::chmod(path.c_str(), 0644) == 0);
    REQUIRE(WriteFile(path, content, 0644).ok());
  }

  const std::string a = std::string(100, 'a');
  const std::string b = std::string(300'000, 'b');
  const std::string c = std::string(4096, 'c');
  testing::TemporaryDirectory root;
  ObjectStore store{(root / "objects").string()};
  std::vector<NeededObject> objects = {ObjectOf(a), ObjectOf(b), ObjectOf(c)};
  std::stop_source stop;
  verify::VerityIoctl ioctl = [](const Fd&, unsigned long, void*) { return ENOTTY; };
};

// A kernel that enforces on each file what its bytes gave when it was enabled.
class KernelWithVerity {
 public:
  int operator()(const Fd& fd, unsigned long request, void* argument) {
    if (request == FS_IOC_ENABLE_VERITY) {
      ++enabled;
      if (enable_fails != 0) return enable_fails;
      enforced.insert(Inode(fd));
      return 0;
    }
    ++measured;
    if (!enforced.contains(Inode(fd))) return ENODATA;
    const NeededObject object = ObjectOf(ReadFd(fd, 1 << 20).value());
    const fsverity_digest head{.digest_algorithm = FS_VERITY_HASH_ALG_SHA256, .digest_size = 32};
    std::memcpy(argument, &head, sizeof head);
    std::memcpy(static_cast<std::byte*>(argument) + sizeof head,
                object.digest.digest().bytes().data(), 32);
    return 0;
  }
  static ino_t Inode(const Fd& fd) { return Fstat(fd)->st_ino; }

  std::set<ino_t> enforced;
  int enable_fails = 0;
  int enabled = 0;
  int measured = 0;
};

}  // namespace

TEST_SUITE("stored_objects") {
  TEST_CASE("without fs-verity the bytes are hashed, and a flipped bit is found") {
    Bench bench;
    Result<StoredObjects> looked_at = bench.Check();
    REQUIRE(looked_at.ok());
    CHECK(looked_at->damaged.empty());
    CHECK(looked_at->not_enforced->code() == "fsverity_unsupported");

    std::string flipped = bench.b;
    flipped[299'999] ^= 1;
    bench.Overwrite(ObjectOf(bench.b), flipped);
    looked_at = bench.Check();
    REQUIRE(looked_at.ok());
    CHECK(looked_at->damaged == std::vector{ObjectOf(bench.b)});
  }

  TEST_CASE("a byte more or less is damage") {
    Bench bench;
    bench.Overwrite(ObjectOf(bench.a), bench.a + "a");
    bench.Overwrite(ObjectOf(bench.c), bench.c.substr(1));
    CHECK(bench.Check()->damaged.size() == 2);
  }

  TEST_CASE("a policy without fs-verity trusts what was verified when it was stored") {
    Bench bench;
    bench.Overwrite(ObjectOf(bench.a), std::string(100, 'x'));
    const Result<StoredObjects> looked_at = bench.Check(VerityMode::kOff);
    REQUIRE(looked_at.ok());
    CHECK(looked_at->damaged.empty());
    CHECK(looked_at->not_enforced);
  }

  TEST_CASE("fs-verity is enabled where it is missing, and then the kernel's word is enough") {
    Bench bench;
    KernelWithVerity kernel;
    std::mutex mutex;
    bench.ioctl = [&](const Fd& fd, unsigned long request, void* argument) {
      const std::scoped_lock lock(mutex);
      return kernel(fd, request, argument);
    };
    Result<StoredObjects> looked_at = bench.Check(VerityMode::kRequire);
    REQUIRE(looked_at.ok());
    CHECK(looked_at->damaged.empty());
    CHECK_FALSE(looked_at->not_enforced);
    CHECK(kernel.enabled == 3);
    CHECK(kernel.measured == 6);
    looked_at = bench.Check();
    CHECK(kernel.enabled == 3);
    CHECK(kernel.measured == 9);
    CHECK_FALSE(looked_at->not_enforced);
  }

  TEST_CASE("an object on which the kernel enforces another digest is damaged") {
    Bench bench;
    bench.Overwrite(ObjectOf(bench.c), std::string(4096, 'x'));
    KernelWithVerity kernel;
    std::mutex mutex;
    bench.ioctl = [&](const Fd& fd, unsigned long request, void* argument) {
      const std::scoped_lock lock(mutex);
      return kernel(fd, request, argument);
    };
    const Result<StoredObjects> looked_at = bench.Check();
    REQUIRE(looked_at.ok());
    CHECK(looked_at->damaged == std::vector{ObjectOf(bench.c)});
  }

  TEST_CASE("where fs-verity cannot be enabled, the bytes are hashed and the reason is told") {
    Bench bench;
    bench.Overwrite(ObjectOf(bench.c), std::string(4096, 'x'));
    KernelWithVerity kernel;
    kernel.enable_fails = EROFS;
    std::mutex mutex;
    bench.ioctl = [&](const Fd& fd, unsigned long request, void* argument) {
      const std::scoped_lock lock(mutex);
      return kernel(fd, request, argument);
    };
    const Result<StoredObjects> looked_at = bench.Check();
    REQUIRE(looked_at.ok());
    CHECK(looked_at->damaged == std::vector{ObjectOf(bench.c)});
    CHECK(looked_at->not_enforced->system_errno() == EROFS);
  }

  TEST_CASE("a stop ends it, and an object that has gone is an error") {
    Bench bench;
    bench.stop.request_stop();
    CHECK(bench.Check().error().code() == "cancelled");
    Bench gone;
    REQUIRE(gone.store.Remove(ObjectOf(gone.a).digest).ok());
    CHECK(gone.Check().error().kind() == ErrorKind::kNotFound);
  }
}

}  // namespace powernode::mount::stored_objects_test

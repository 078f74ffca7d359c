#include <doctest/doctest.h>
#include <sys/mount.h>

#include <string>

#include "agent/base/files.h"
#include "agent/base/lock_file.h"
#include "tests/support/temporary_directory.h"

namespace powernode::lock_file_mount_test {
namespace {

TEST_SUITE_BEGIN("lock file on mounts");

TEST_CASE("a full disk does not keep anybody from taking an existing lock") {
  testing::TemporaryDirectory root;
  REQUIRE(::mount("tmpfs", root.path().c_str(), "tmpfs", 0, "size=16k") == 0);
  REQUIRE(WriteFile(root / "lock", "", 0600));
  (void)WriteFile(root / "filler", std::string(64 * 1024, 'x'), 0600).ok();
  {
    const Result<LockFile> lock =
        LockFile::Take(root / "lock", "test", std::chrono::milliseconds(0));
    CHECK_MESSAGE(lock.ok(), (lock ? "" : lock.error().message()));
    CHECK(LockFile::Take(root / "lock", "test", std::chrono::milliseconds(0)).error().code() ==
          "locked");
  }
  ::umount2(root.path().c_str(), MNT_DETACH);
}

TEST_SUITE_END();

}  // namespace
}  // namespace powernode::lock_file_mount_test

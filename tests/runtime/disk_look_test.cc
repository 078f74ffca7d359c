#include "runtime/disk_look.h"

#include <doctest/doctest.h>
#include <sys/statvfs.h>

#include <cstdlib>

#include "agent/base/files.h"
#include "tests/support/temporary_directory.h"

namespace powernode::runtime::disk_look_test {
namespace {

using powernode::testing::TemporaryDirectory;

// A loop device over an ext4 file system with one file in it.
class Disk {
 public:
  explicit Disk(const TemporaryDirectory& directory) {
    const std::string image = directory / "disk.img";
    REQUIRE(MakeDirectories(directory / "content", 0755));
    REQUIRE(WriteFile(directory / "content/user-data", "ID=seed\n", 0644));
    REQUIRE(std::system(("mke2fs -q -t ext4 -d " + (directory / "content").string() + " " + image +
                         " 4M >/dev/null 2>&1")
                            .c_str()) == 0);
    REQUIRE(std::system(("losetup --find --show " + image + " > " + image + ".name").c_str()) == 0);
    device_ = *ReadFile(image + ".name", 100);
    device_.pop_back();
  }
  ~Disk() { (void)!std::system(("losetup --detach " + device_).c_str()); }

  BlockFilesystem As(const std::string& type) const {
    return {.device = device_, .type = type, .label = "cidata", .uuid = "", .partition_type = ""};
  }

 private:
  std::string device_;
};

TEST_SUITE("disk_look") {
  TEST_CASE("the file system is there for the look alone, read-only, and nothing stays") {
    const TemporaryDirectory root;
    const Paths paths = Paths::Below(root.path().string());
    const Disk disk(root);
    std::string seen;
    bool read_only = false;
    REQUIRE(LookInto(paths, disk.As("ext4"), [&](const std::string& directory) {
      seen = *ReadFile(directory + "/user-data", 100);
      struct statvfs info {};
      REQUIRE(::statvfs(directory.c_str(), &info) == 0);
      constexpr unsigned long kExpected = ST_RDONLY | ST_NODEV | ST_NOSUID | ST_NOEXEC;
      read_only = (info.f_flag & kExpected) == kExpected;
    }));
    CHECK(seen == "ID=seed\n");
    CHECK(read_only);
    CHECK(ListDirectory(paths.run)->empty());
  }

  TEST_CASE("what cannot be mounted is named and leaves nothing behind") {
    const TemporaryDirectory root;
    const Paths paths = Paths::Below(root.path().string());
    const Disk disk(root);
    const Status looked =
        LookInto(paths, disk.As("xfs"), [](const std::string&) { FAIL("nothing is mounted"); });
    REQUIRE_FALSE(looked);
    CHECK(looked.error().message().starts_with("mount /dev/loop"));
    CHECK(looked.error().message().find("(xfs)") != std::string::npos);
    CHECK(ListDirectory(paths.run)->empty());
  }
}

}  // namespace
}  // namespace powernode::runtime::disk_look_test

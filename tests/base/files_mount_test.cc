// What only a real mount shows: a full disk, and trees with other file systems in them.
#include <doctest/doctest.h>
#include <sys/mount.h>

#include <string>
#include <vector>

#include "agent/base/files.h"
#include "agent/base/state_file.h"
#include "agent/base/syscalls.h"
#include "tests/support/temporary_directory.h"

namespace powernode::files_mount_test {
namespace {

using Names = std::vector<std::string>;
using testing::TemporaryDirectory;

TEST_SUITE_BEGIN("files on mounts");

// A directory with something mounted on it; unmounted at the end of the scope.
class Mounted {
 public:
  static Mounted Tmpfs(const std::string& path, const char* options) {
    REQUIRE(MakeDirectories(path, 0755));
    REQUIRE(::mount("tmpfs", path.c_str(), "tmpfs", 0, options) == 0);
    return Mounted(path);
  }
  static Mounted Bind(const std::string& from, const std::string& path) {
    REQUIRE(MakeDirectories(path, 0755));
    REQUIRE(::mount(from.c_str(), path.c_str(), nullptr, MS_BIND, nullptr) == 0);
    return Mounted(path);
  }
  Mounted(const Mounted&) = delete;
  Mounted& operator=(const Mounted&) = delete;
  ~Mounted() { ::umount2(path_.c_str(), MNT_DETACH); }

 private:
  explicit Mounted(std::string path) : path_(std::move(path)) {}
  std::string path_;
};

TEST_CASE("a full disk fails an atomic write, keeps the old content and leaves no temporary file") {
  TemporaryDirectory root;
  const Mounted disk = Mounted::Tmpfs(root / "disk", "size=64k");
  REQUIRE(WriteFileAtomically(root / "disk/state", "old", 0600));
  const Status written =
      WriteFileAtomically(root / "disk/state", std::string(256 * 1024, 'x'), 0600);
  REQUIRE_FALSE(written);
  CHECK(written.error().kind() == ErrorKind::kNoSpace);
  CHECK(*ReadFile(root / "disk/state", 100) == "old");
  CHECK(*ListDirectory(root / "disk") == Names{"state"});
}

TEST_CASE("a full disk does not cost the state that is there") {
  TemporaryDirectory root;
  const Mounted disk = Mounted::Tmpfs(root / "disk", "size=64k");
  const StateFile file{.path = root / "disk/lkg.json", .format = "powernode-lkg"};
  REQUIRE(WriteState(file, Json{{"revision", 1}}));
  CHECK(WriteState(file, Json{{"blob", std::string(256 * 1024, 'x')}}).error().kind() ==
        ErrorKind::kNoSpace);
  CHECK((**ReadState(file))["revision"] == 1);
}

TEST_CASE("a read-only disk is named as the reason why a directory cannot be made") {
  TemporaryDirectory root;
  const Mounted disk = Mounted::Tmpfs(root / "disk", "size=64k");
  REQUIRE(::mount(nullptr, (root / "disk").c_str(), nullptr, MS_REMOUNT | MS_RDONLY, nullptr) == 0);
  CHECK(MakeDirectories(root / "disk", 0755).ok());
  CHECK(MakeDirectories(root / "disk/new", 0755).error().system_errno() == EROFS);
}

TEST_CASE("removing a tree stops at another file system") {
  TemporaryDirectory root;
  const Mounted inner = Mounted::Tmpfs(root / "tree/a/inner", "size=64k");
  REQUIRE(WriteFile(root / "tree/a/inner/kept", "x", 0600));
  CHECK(RemoveTree(root / "tree").error().code() == "other_file_system");
  CHECK(Exists(root / "tree/a/inner/kept"));
}

TEST_CASE("removing a tree stops at a bind mount of the same file system") {
  TemporaryDirectory root;
  REQUIRE(MakeDirectories(root / "kept", 0755));
  REQUIRE(WriteFile(root / "kept/file", "x", 0600));
  const Mounted inner = Mounted::Bind(root / "kept", root / "tree/inner");
  CHECK(RemoveTree(root / "tree").error().code() == "other_file_system");
  CHECK(Exists(root / "kept/file"));
}

TEST_CASE("a tree that is itself a mount point is not emptied") {
  TemporaryDirectory root;
  const Mounted disk = Mounted::Tmpfs(root / "disk", "size=64k");
  REQUIRE(WriteFile(root / "disk/kept", "x", 0600));
  CHECK(RemoveTree(root / "disk").error().code() == "other_file_system");
  CHECK(Exists(root / "disk/kept"));
}

TEST_SUITE_END();

}  // namespace
}  // namespace powernode::files_mount_test

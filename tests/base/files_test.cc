#include "agent/base/files.h"

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <vector>

#include "agent/base/syscalls.h"
#include "tests/support/temporary_directory.h"

namespace powernode::files_test {
namespace {

using Names = std::vector<std::string>;
using testing::TemporaryDirectory;

TEST_SUITE_BEGIN("files");

mode_t ModeOf(const std::string& path) { return Lstat(path)->st_mode & 07777; }

class Umask {
 public:
  explicit Umask(mode_t mask) : before_(::umask(mask)) {}
  ~Umask() { ::umask(before_); }

 private:
  mode_t before_;
};

TEST_CASE("an atomic write leaves the content, the mode and nothing else") {
  TemporaryDirectory root;
  const Umask strict(077);
  for (const mode_t mode : {mode_t{0600}, mode_t{0644}, mode_t{0755}}) {
    const std::string path = root / "state.json";
    REQUIRE(WriteFileAtomically(path, "content", mode));
    CHECK(*ReadFile(path, 100) == "content");
    CHECK(ModeOf(path) == mode);
    CHECK(*ListDirectory(root.path()) == Names{"state.json"});
  }
}

TEST_CASE(
    "an atomic write replaces the name, so that who has the old file open keeps the old content") {
  TemporaryDirectory root;
  const std::string path = root / "file";
  REQUIRE(WriteFileAtomically(path, "old", 0600));
  const Result<Fd> reader = Open(path, O_RDONLY);
  REQUIRE(WriteFileAtomically(path, "new", 0600));
  CHECK(*ReadFd(*reader, 100) == "old");
  CHECK(*ReadFile(path, 100) == "new");
}

TEST_CASE("an atomic write replaces a link and does not follow it") {
  TemporaryDirectory root;
  REQUIRE(WriteFile(root / "victim", "untouched", 0600));
  REQUIRE(Symlink(root / "victim", root / "file"));
  REQUIRE(WriteFileAtomically(root / "file", "new", 0600));
  CHECK(*ReadFile(root / "victim", 100) == "untouched");
  CHECK(S_ISREG(Lstat(root / "file")->st_mode));
}

TEST_CASE("a failed atomic write leaves no temporary file and says which file it was") {
  TemporaryDirectory root;
  REQUIRE(MakeDirectories(root / "taken/child", 0700));
  const Status written =
      WriteFileAtomically(root / "taken", "x", 0600);  // a directory cannot be replaced
  REQUIRE_FALSE(written);
  CHECK(written.error().message().find((root / "taken").string()) != std::string::npos);
  CHECK(*ListDirectory(root.path()) == Names{"taken"});

  CHECK(WriteFileAtomically(root / "missing/file", "x", 0600).error().kind() ==
        ErrorKind::kNotFound);
}

TEST_CASE("a file longer than allowed is refused, never cut") {
  TemporaryDirectory root;
  REQUIRE(WriteFile(root / "file", "12345678", 0600));
  CHECK(*ReadFile(root / "file", 8) == "12345678");
  CHECK(ReadFile(root / "file", 7).error().code() == "file_too_large");
  CHECK(ReadFile("/dev/zero", 100'000).error().code() == "file_too_large");
}

TEST_CASE("reading what is not there, or is no file, is an error with the path") {
  TemporaryDirectory root;
  const Result<std::string> missing = ReadFile(root / "nothing", 10);
  CHECK(missing.error().kind() == ErrorKind::kNotFound);
  CHECK(missing.error().message().find("nothing") != std::string::npos);
  CHECK(ReadFile(root.path(), 10).error().system_errno() == EISDIR);
}

TEST_CASE("append adds and write truncates") {
  TemporaryDirectory root;
  REQUIRE(AppendFile(root / "log", "one ", 0640));
  REQUIRE(AppendFile(root / "log", "two", 0640));
  CHECK(*ReadFile(root / "log", 100) == "one two");
  REQUIRE(WriteFile(root / "log", "x", 0640));
  CHECK(*ReadFile(root / "log", 100) == "x");
}

TEST_CASE("makes every missing directory and leaves an existing one as it is") {
  TemporaryDirectory root;
  REQUIRE(MakeDirectories(root / "a", 0700));
  REQUIRE(MakeDirectories(root / "a/b//c/", 0750));
  CHECK(ModeOf(root / "a") == 0700);
  CHECK(ModeOf(root / "a/b/c") == 0750);
  CHECK(MakeDirectories(root / "a/b/c", 0700).ok());
  CHECK(MakeDirectories("/", 0700).ok());
}

TEST_CASE("does not make directories through a file or below nothing") {
  TemporaryDirectory root;
  REQUIRE(WriteFile(root / "file", "", 0600));
  CHECK(MakeDirectories(root / "file", 0700).error().system_errno() == ENOTDIR);
  CHECK(MakeDirectories(root / "file/below", 0700).error().system_errno() == ENOTDIR);
  CHECK_FALSE(MakeDirectories("", 0700));
}

TEST_CASE("lists sorted, with hidden names, without the two dots") {
  TemporaryDirectory root;
  for (const char* name : {"b", "a", ".hidden"}) REQUIRE(WriteFile(root / name, "", 0600));
  CHECK(*ListDirectory(root.path()) == Names{".hidden", "a", "b"});
  CHECK(ListDirectory(root / "nothing").error().kind() == ErrorKind::kNotFound);
}

TEST_CASE("removes a tree, a file and a dangling link; what is missing is fine") {
  TemporaryDirectory root;
  REQUIRE(MakeDirectories(root / "tree/deep/er", 0700));
  REQUIRE(WriteFile(root / "tree/deep/file", "x", 0000));
  REQUIRE(Symlink("nowhere", root / "tree/link"));
  CHECK(RemoveTree(root / "tree").ok());
  CHECK(RemoveTree(root / "tree").ok());
  CHECK(RemoveTree(root / "no/such/parent").ok());
  REQUIRE(WriteFile(root / "file", "", 0600));
  CHECK(RemoveTree(root / "file").ok());
  CHECK(ListDirectory(root.path())->empty());
}

TEST_CASE("removing a link, or a tree with links, never touches what they point to") {
  TemporaryDirectory root;
  REQUIRE(MakeDirectories(root / "kept", 0700));
  REQUIRE(WriteFile(root / "kept/file", "x", 0600));
  REQUIRE(MakeDirectories(root / "tree", 0700));
  REQUIRE(Symlink(root / "kept", root / "tree/link"));
  REQUIRE(Symlink(root / "kept", root / "link"));
  CHECK(RemoveTree(root / "tree").ok());
  CHECK(RemoveTree(root / "link").ok());
  CHECK(*ListDirectory(root.path()) == Names{"kept"});
  CHECK(Exists(root / "kept/file"));
}

TEST_CASE("a trailing slash names the same tree") {
  TemporaryDirectory root;
  REQUIRE(MakeDirectories(root / "tree/child", 0700));
  CHECK(RemoveTree((root / "tree").string() + "//").ok());
  CHECK_FALSE(Exists(root / "tree"));
}

TEST_CASE("refuses to remove what is no entry of a directory") {
  TemporaryDirectory root;
  for (const std::string& path :
       {std::string(), std::string("/"), std::string("."), (root / "..").string()})
    CHECK_MESSAGE(RemoveTree(path).error().kind() == ErrorKind::kRefused, path);
}

TEST_CASE("joins and splits paths") {
  CHECK(JoinPath("a", "b") == "a/b");
  CHECK(JoinPath("a/", "/b") == "a/b");
  CHECK(JoinPath("", "b") == "/b");
  CHECK(DirectoryOf("/a/b") == "/a");
  CHECK(DirectoryOf("/a") == "/");
  CHECK(DirectoryOf("a") == ".");
  CHECK(BaseNameOf("/a/b") == "b");
  CHECK(BaseNameOf("b") == "b");
}

TEST_CASE("free space is never more than there is") {
  const Result<SpaceOnDisk> space = FreeSpace("/tmp");
  REQUIRE(space);
  CHECK(space->free_bytes <= space->total_bytes);
  CHECK(FreeSpace("/no/such/path").error().kind() == ErrorKind::kNotFound);
}

TEST_SUITE_END();

}  // namespace
}  // namespace powernode::files_test

// As root, against a user who puts links in the way.
#include "runtime/key_file.h"

#include <doctest/doctest.h>
#include <grp.h>
#include <sys/stat.h>
#include <unistd.h>

#include <future>
#include <thread>

#include "agent/base/files.h"
#include "agent/base/syscalls.h"
#include "runtime/as_user.h"
#include "tests/support/temporary_directory.h"

namespace powernode::runtime::key_file_test {
namespace {

using powernode::testing::TemporaryDirectory;

constexpr uid_t kAnna = 70001;

struct Machine {
  TemporaryDirectory directory;
  std::string root = directory.path().string();
  std::string home = root + "/home/anna";
  KeyUser anna;

  Machine() {
    REQUIRE(::chmod(root.c_str(), 0755) == 0);
    REQUIRE(MakeDirectories(root + "/etc", 0755));
    REQUIRE(
        WriteFile(root + "/etc/passwd",
                  "root:x:0:0::/root:/bin/sh\nanna:x:70001:70001::/home/anna:/bin/sh\n"
                  "nohome:x:70002:70002::/home/nohome:/bin/sh\nslash:x:70003:70003::/:/bin/sh\n",
                  0644));
    REQUIRE(MakeDirectories(root + "/home", 0755));
    REQUIRE(MakeDirectories(home, 0700));
    Own(home);
    REQUIRE(MakeDirectories(root + "/root/.ssh", 0700));
    REQUIRE(WriteFile(root + "/root/.ssh/authorized_keys", "root's\n", 0600));
    anna = *FindKeyUser(root, "anna");
  }

  static void Own(const std::string& path) { REQUIRE(::lchown(path.c_str(), kAnna, kAnna) == 0); }
  void MakeSsh() const {
    REQUIRE(MakeDirectories(home + "/.ssh", 0700));
    Own(home + "/.ssh");
  }
  void CheckRefused(const std::string& code) const {
    const Result<std::string> read = ReadKeyFile(root, anna);
    const Status written = WriteKeyFile(root, anna, "attack\n");
    CHECK_FALSE(written);
    if (!written) CHECK(written.error().code() == code);
    CHECK((!read || read->empty()));
    CHECK(*ReadFile(root + "/root/.ssh/authorized_keys", 100) == "root's\n");
    CHECK(*ListDirectory(root + "/root/.ssh") == std::vector<std::string>{"authorized_keys"});
  }
};

TEST_SUITE("key file") {
  TEST_CASE("is made with the user's owner and modes, and replaced as a whole") {
    const Machine machine;
    CHECK(ReadKeyFile(machine.root, machine.anna)->empty());
    REQUIRE(WriteKeyFile(machine.root, machine.anna, "one\n"));
    const std::string file = machine.home + "/.ssh/authorized_keys";
    const struct stat info = *Lstat(file);
    CHECK(info.st_uid == kAnna);
    CHECK(info.st_gid == kAnna);
    CHECK((info.st_mode & 07777) == 0600);
    CHECK((Lstat(machine.home + "/.ssh")->st_mode & 07777) == 0700);
    CHECK(Lstat(machine.home + "/.ssh")->st_uid == kAnna);
    REQUIRE(WriteKeyFile(machine.root, machine.anna, "two\n"));
    CHECK(*ReadKeyFile(machine.root, machine.anna) == "two\n");
    CHECK(Lstat(file)->st_ino != info.st_ino);
    CHECK(*ListDirectory(machine.home + "/.ssh") == std::vector<std::string>{"authorized_keys"});
  }

  TEST_CASE("a user who is not there, or has no home, is nobody else") {
    const Machine machine;
    CHECK(FindKeyUser(machine.root, "bert").error().code() == "no_such_user");
    CHECK(FindKeyUser(machine.root, "").error().code() == "no_such_user");
    CHECK(FindKeyUser(machine.root, "slash").error().code() == "no_such_user");
    const KeyUser nohome = *FindKeyUser(machine.root, "nohome");
    CHECK(WriteKeyFile(machine.root, nohome, "a\n").error().code() == "no_home");
  }

  TEST_CASE("a link for the home, for .ssh or for the file leads nowhere") {
    const Machine machine;
    SUBCASE("home, to root's") {
      REQUIRE(Rmdir(machine.home));
      REQUIRE(Symlink("../root", machine.home));
      machine.CheckRefused("not_the_users");
    }
    SUBCASE("a directory above the home") {
      REQUIRE(Rename(machine.root + "/home", machine.root + "/elsewhere"));
      REQUIRE(Symlink("elsewhere", machine.root + "/home"));
      machine.CheckRefused("not_the_users");
    }
    SUBCASE(".ssh, relative and absolute") {
      for (const std::string& target :
           {std::string("../../root/.ssh"), machine.root + "/root/.ssh"}) {
        REQUIRE(Symlink(target, machine.home + "/.ssh"));
        machine.CheckRefused("not_the_users");
        REQUIRE(Unlink(machine.home + "/.ssh"));
      }
    }
    SUBCASE("the file") {
      machine.MakeSsh();
      REQUIRE(
          Symlink("../../../root/.ssh/authorized_keys", machine.home + "/.ssh/authorized_keys"));
      machine.CheckRefused("not_the_users");
    }
    SUBCASE("a link to nothing") {
      machine.MakeSsh();
      REQUIRE(Symlink("/nowhere", machine.home + "/.ssh/authorized_keys"));
      machine.CheckRefused("not_the_users");
    }
    SUBCASE("a magic link") {
      REQUIRE(Symlink("/proc/self/cwd", machine.home + "/.ssh"));
      machine.CheckRefused("not_the_users");
    }
  }

  TEST_CASE("what is there and is no file of the user's is refused") {
    const Machine machine;
    SUBCASE("a home of somebody else") {
      REQUIRE(::chown(machine.home.c_str(), 0, 0) == 0);
      REQUIRE(::chmod(machine.home.c_str(), 0755) == 0);
      machine.CheckRefused("not_the_users");
    }
    SUBCASE("a directory that root made") {
      REQUIRE(MakeDirectories(machine.home + "/.ssh", 0777));
      machine.CheckRefused("not_the_users");
    }
    SUBCASE("a hard link to root's file") {
      machine.MakeSsh();
      REQUIRE(::link((machine.root + "/root/.ssh/authorized_keys").c_str(),
                     (machine.home + "/.ssh/authorized_keys").c_str()) == 0);
      CHECK_FALSE(WriteKeyFile(machine.root, machine.anna, "attack\n"));
      CHECK_FALSE(ReadKeyFile(machine.root, machine.anna));
      CHECK(*ReadFile(machine.root + "/root/.ssh/authorized_keys", 100) == "root's\n");
    }
    SUBCASE("a FIFO, which nobody waits for") {
      machine.MakeSsh();
      REQUIRE(::mkfifo((machine.home + "/.ssh/authorized_keys").c_str(), 0600) == 0);
      Machine::Own(machine.home + "/.ssh/authorized_keys");
      machine.CheckRefused("not_the_users");
    }
    SUBCASE("a directory of that name") {
      machine.MakeSsh();
      REQUIRE(MakeDirectories(machine.home + "/.ssh/authorized_keys", 0700));
      Machine::Own(machine.home + "/.ssh/authorized_keys");
      machine.CheckRefused("not_the_users");
    }
  }

  TEST_CASE("root's own is written, too") {
    const Machine machine;
    REQUIRE(WriteKeyFile(machine.root, *FindKeyUser(machine.root, "root"), "new\n"));
    CHECK(*ReadFile(machine.root + "/root/.ssh/authorized_keys", 100) == "new\n");
  }
}

TEST_SUITE("as user") {
  TEST_CASE("root's reach ends with the change, in this thread alone, and comes back") {
    const Machine machine;
    const std::string secret = machine.root + "/root/.ssh/authorized_keys";
    REQUIRE(::chmod((machine.root + "/root").c_str(), 0700) == 0);
    const gid_t groups[] = {0, 42};
    REQUIRE(::setgroups(2, groups) == 0);
    std::promise<void> changed;
    std::thread other([&] {
      changed.get_future().wait();
      CHECK(ReadFile(secret, 100));
      CHECK(::getgroups(0, nullptr) == 2);
    });
    {
      const Result<AsUser> anna = AsUser::Become(kAnna, kAnna);
      changed.set_value();
      other.join();
      REQUIRE(anna);
      CHECK_FALSE(ReadFile(secret, 100));
      CHECK(::getgroups(0, nullptr) == 0);
    }
    CHECK(ReadFile(secret, 100));
    CHECK(::getgroups(0, nullptr) == 2);
  }
}

}  // namespace
}  // namespace powernode::runtime::key_file_test

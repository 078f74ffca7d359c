#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "agent/base/files.h"
#include "agent/base/syscalls.h"
#include "runtime/account_files.h"
#include "runtime/account_text.h"
#include "runtime/host_keys.h"
#include "tests/runtime/sample.h"
#include "tests/support/temporary_directory.h"

namespace powernode::runtime::account_test {
namespace {

using powernode::testing::TemporaryDirectory;
using testing::SampleModule;

AccountTexts Debian() {
  return {
      .passwd = "root:x:0:0:root:/root:/bin/bash\nsshd:x:105:65534::/run/sshd:/usr/sbin/nologin\n",
      .group = "root:x:0:\nkvm:x:104:\nvideo:x:44:alice\nsystemd-journal:x:999:",
      .shadow = "root:!:19000::::::\nsshd:!:19000::::::\n",
      .gshadow = "root:*::\nvideo:!::alice\n"};
}

TEST_SUITE("account text") {
  TEST_CASE("a user comes with its group and memberships, and nothing else changes") {
    AccountTexts texts = Debian();
    CHECK(AddUser({.name = "web",
                   .id = 70001,
                   .home = "/srv/web",
                   .shell = "/bin/sh",
                   .groups = {"video", "kvm"}},
                  texts) == "");
    CHECK(texts.passwd == Debian().passwd + "web:x:70001:70001::/srv/web:/bin/sh\n");
    CHECK(texts.group ==
          "root:x:0:\nkvm:x:104:web\nvideo:x:44:alice,web\nsystemd-journal:x:999:\nweb:x:70001:\n");
    CHECK(*texts.shadow == *Debian().shadow + "web:*:::::::\n");
    CHECK(*texts.gshadow == "root:*::\nvideo:!::alice,web\nweb:!::\n");

    const AccountTexts once = texts;
    CHECK(AddUser({.name = "web",
                   .id = 70001,
                   .home = "/elsewhere",
                   .shell = "/bin/sh",
                   .groups = {"video"}},
                  texts) == "");
    CHECK(texts == once);
  }

  TEST_CASE("of a clash the new one is refused") {
    AccountTexts texts = Debian();
    CHECK(AddUser({.name = "sshd", .id = 70001}, texts) != "");
    CHECK(AddUser({.name = "new", .id = 105}, texts) ==
          "user new with id 105 refused: the id belongs to sshd");
    CHECK(AddUser({.name = "kvm", .id = 70001}, texts) == "");  // its group is the one of its name
    CHECK(AddGroup({.name = "kvm", .id = 70002}, texts) ==
          "group kvm with id 70002 refused: it is there with id 104");
    CHECK(AddGroup({.name = "new", .id = 44}, texts) != "");
    CHECK(texts.group == Debian().group);
    CHECK(AccountField(texts.passwd, "kvm", 3) == "104");
  }

  TEST_CASE("a group that does not exist is named, the user is there all the same") {
    AccountTexts texts = Debian();
    CHECK(AddUser({.name = "web", .id = 70001, .groups = {"nobody-here"}}, texts) != "");
    CHECK(AccountField(texts.passwd, "web", 2) == "70001");
  }

  TEST_CASE("a system without shadow files keeps being one") {
    AccountTexts texts{.passwd = "", .group = "", .shadow = {}, .gshadow = {}};
    CHECK(AddUser({.name = "web", .id = 70001, .home = "/", .shell = "/s"}, texts) == "");
    CHECK(texts.passwd == "web:*:70001:70001::/:/s\n");
    CHECK_FALSE(texts.shadow);
  }

  TEST_CASE("fields are found by the whole name, and are missing where a line ends early") {
    CHECK_FALSE(AccountField("webb:x:1:1:::\n", "web", 2));
    CHECK_FALSE(AccountField("web:x\n", "web", 2));
    CHECK(AccountField("#web:x:1:\nweb:x:2:", "web", 2) == "2");
  }
}

Composition WithAccounts() {
  ComposedModule module = SampleModule("m", 1);
  module.manifest["groups"] =
      Json::parse(R"([{"name":"data","gid":70010},{"name":"x","gid":5000}])");
  module.manifest["users"] =
      Json::parse(R"([{"name":"web","uid":"70001","home":"/srv:x","groups":["data"]},
                      {"name":"sshd","uid":70002},{"name":"root","uid":0},{"name":"a b","uid":70003}])");
  return {.modules = {module}};
}

TEST_SUITE("account files") {
  TEST_CASE("are merged with their owner and mode, under the lock, and only when asked for") {
    const TemporaryDirectory directory;
    const std::string root = directory.path().string();
    REQUIRE(MakeDirectories(root + "/etc", 0755));
    CHECK(MergeAccounts(root, {.modules = {SampleModule("m", 1)}}).empty());
    CHECK(ListDirectory(root + "/etc")->empty());

    REQUIRE(WriteFile(root + "/etc/passwd", Debian().passwd, 0644));
    REQUIRE(WriteFile(root + "/etc/group", Debian().group, 0644));
    REQUIRE(WriteFile(root + "/etc/shadow", *Debian().shadow, 0600));
    REQUIRE(::chmod((root + "/etc/shadow").c_str(), 0640) == 0);
    const std::vector<std::string> findings = MergeAccounts(root, WithAccounts());
    REQUIRE(findings.size() == 1);
    CHECK(findings[0].find("sshd") != std::string::npos);
    CHECK(ReadFile(root + "/etc/passwd", 4096)
              ->ends_with("\nweb:x:70001:70001::/nonexistent:/usr/sbin/nologin\n"));
    CHECK(ReadFile(root + "/etc/group", 4096)->find("\ndata:x:70010:web\n") != std::string::npos);
    CHECK((Stat(root + "/etc/shadow")->st_mode & 07777) == 0640);
    CHECK_FALSE(Exists(root + "/etc/gshadow"));
    CHECK(*ListDirectory(root + "/etc") ==
          std::vector<std::string>{".pwd.lock", "group", "passwd", "shadow"});

    const struct stat before = *Stat(root + "/etc/passwd");
    MergeAccounts(root, WithAccounts());
    CHECK(Stat(root + "/etc/passwd")->st_ino == before.st_ino);  // nothing new, nothing written
  }

  TEST_CASE("links are not followed, and a root without account files says so") {
    const TemporaryDirectory directory;
    const std::string root = directory.path().string();
    REQUIRE(MakeDirectories(root + "/etc", 0755));
    CHECK(MergeAccounts(root, WithAccounts()).size() == 1);
    REQUIRE(WriteFile(root + "/elsewhere", Debian().passwd, 0644));
    REQUIRE(Symlink("../elsewhere", root + "/etc/passwd"));
    REQUIRE(WriteFile(root + "/etc/group", Debian().group, 0644));
    CHECK(MergeAccounts(root, WithAccounts()).size() == 1);
    CHECK(*ReadFile(root + "/elsewhere", 4096) == Debian().passwd);
    CHECK(*ReadFile(root + "/etc/group", 4096) == Debian().group);
  }
}

TEST_SUITE("host keys") {
  TEST_CASE("are made once, kept, and never a module's") {
    const TemporaryDirectory directory;
    const std::string persist = directory.path().string() + "/persist";
    const auto boot = [&](const std::string& name) {
      const std::string root = directory.path().string() + "/" + name;
      REQUIRE(MakeDirectories(root + "/etc/ssh", 0755));
      REQUIRE(WriteFile(root + "/etc/ssh/ssh_host_ed25519_key", "the builder's", 0600));
      REQUIRE(WriteFile(root + "/etc/ssh/sshd_config", "", 0644));
      const Result<std::string> shipped = InstallHostKeys(root, persist);
      REQUIRE(shipped);
      CHECK(*shipped == "ssh_host_ed25519_key");
      return root + "/etc/ssh";
    };
    const std::string first = boot("first");
    const std::string key = *ReadFile(first + "/ssh_host_ecdsa_key", 4096);
    CHECK(key.starts_with("-----BEGIN EC PRIVATE KEY-----"));
    CHECK((Stat(first + "/ssh_host_ecdsa_key")->st_mode & 0777) == 0600);
    CHECK_FALSE(Exists(first + "/ssh_host_ed25519_key"));

    REQUIRE(WriteFile(first + "/ssh_host_rsa_key", "made later", 0600));
    REQUIRE(WriteFile(first + "/ssh_host_rsa_key.pub", "public", 0644));
    REQUIRE(KeepHostKeys(directory.path().string() + "/first", persist));

    const std::string second = boot("second");
    CHECK(*ReadFile(second + "/ssh_host_ecdsa_key", 4096) == key);
    CHECK(*ReadFile(second + "/ssh_host_rsa_key", 4096) == "made later");
    CHECK((Stat(second + "/ssh_host_rsa_key.pub")->st_mode & 0777) == 0644);
    CHECK((Stat(persist + "/etc/ssh")->st_mode & 0777) == 0700);
  }

  TEST_CASE("a root without SSH gets none") {
    const TemporaryDirectory directory;
    const std::string path = directory.path().string();
    CHECK(InstallHostKeys(path, path + "/persist"));
    CHECK_FALSE(Exists(path + "/persist"));
  }
}

}  // namespace
}  // namespace powernode::runtime::account_test

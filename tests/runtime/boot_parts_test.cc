// The small parts of a boot that are functions from text to value, or of one directory.

#include <doctest/doctest.h>
#include <elf.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/base/files.h"
#include "agent/base/syscalls.h"
#include "runtime/boot_console.h"
#include "runtime/boot_partition.h"
#include "runtime/network_wait.h"
#include "runtime/nocloud_disk.h"
#include "runtime/persist.h"
#include "runtime/root_check.h"
#include "runtime/root_files.h"
#include "runtime/root_render.h"
#include "tests/support/temporary_directory.h"

namespace powernode::runtime::boot_parts_test {
namespace {

using powernode::testing::TemporaryDirectory;

TEST_SUITE("resolver") {
  TEST_CASE("ipconfig's lines become resolv.conf, without the servers that are none") {
    CHECK(ResolverFromNetConf(
              "DEVICE='enp0s1'\nIPV4DNS0='10.0.2.3'\nIPV4DNS1='0.0.0.0'\nDNSDOMAIN='a.test'\n") ==
          "search a.test\nnameserver 10.0.2.3\n");
    CHECK(ResolverFromNetConf("IPV6DNS0=fec0::3\n") == "nameserver fec0::3\n");
    CHECK(ResolverFromNetConf("IPV4DNS0='10.0.2.3\\nnameserver 6.6.6.6'\n").empty());
    CHECK(ResolverFromNetConf("IPV4DNS0='10.0.2.3'\nDNSDOMAIN='a b'\n") == "nameserver 10.0.2.3\n");
    CHECK(ResolverFromNetConf("").empty());
  }

  TEST_CASE("a root with a resolver of its own keeps it") {
    const TemporaryDirectory root;
    const std::string path = root.path().string();
    REQUIRE(InstallResolver(path, "nameserver 1.2.3.4\n"));
    REQUIRE(InstallResolver(path, "nameserver 5.6.7.8\n"));
    CHECK(*ReadFile(path + "/etc/resolv.conf", 4096) == "nameserver 1.2.3.4\n");
  }
}

TEST_SUITE("network") {
  TEST_CASE("a route through anything but lo counts") {
    const std::string head = "Iface\tDestination\tGateway\tFlags\n";
    CHECK_FALSE(HasRoute(head));
    CHECK_FALSE(HasRoute(head + "lo\t0000007F\t00000000\t0001\n"));
    CHECK(HasRoute(head + "eth0\t00000000\t0202000A\t0003\n"));
    const std::string any = "00000000000000000000000000000000 00 ";
    CHECK_FALSE(HasRoute6(any + "x ffffffff 1 0 200200 lo\n"));
    CHECK(HasRoute6(any + "x 00000400 1 0 3 eth0\n"));
    CHECK_FALSE(HasRoute6("fe800000000000000000000000000000 40 x 100 1 0 1 eth0\n"));
  }
}

TEST_SUITE("persist") {
  TEST_CASE("the file system is chosen by label, uuid or device") {
    const std::vector<BlockFilesystem> all = {{"/dev/vda1", "vfat", "persist", "AA-BB", ""},
                                              {"/dev/vdb", "ext4", "persist", "u-1", ""},
                                              {"/dev/vdc", "ext4", "data", "u-2", ""}};
    CHECK(MatchingFilesystems(all, "auto").size() == 1);
    CHECK(MatchingFilesystems(all, "auto")[0].device == "/dev/vdb");
    CHECK(MatchingFilesystems(all, "LABEL=data")[0].device == "/dev/vdc");
    CHECK(MatchingFilesystems(all, "UUID=u-2")[0].device == "/dev/vdc");
    CHECK(MatchingFilesystems(all, "/dev/vda1")[0].type == "vfat");
    CHECK(MatchingFilesystems(all, "LABEL=none").empty());
  }
}

TEST_SUITE("boot partition") {
  TEST_CASE("is the FAT labelled BOOT, else the EFI system partition, else the first FAT") {
    const BlockFilesystem first{"/dev/vda1", "vfat", "DATA", "1", ""};
    const BlockFilesystem efi{"/dev/vda2", "vfat", "", "2", "c12a7328-f81f-11d2-ba4b-00a0c93ec93b"};
    const BlockFilesystem boot{"/dev/vdb1", "vfat", "BOOT", "3", ""};
    const BlockFilesystem other{"/dev/vdc", "ext4", "BOOT", "4", ""};
    std::vector<BlockFilesystem> all = {other, first, efi, boot};
    CHECK(ChooseBootPartition(all)->device == "/dev/vdb1");
    all.pop_back();
    CHECK(ChooseBootPartition(all)->device == "/dev/vda2");
    all.pop_back();
    CHECK(ChooseBootPartition(all)->device == "/dev/vda1");
    all.pop_back();
    CHECK(ChooseBootPartition(all) == nullptr);
  }
}

TEST_SUITE("seed disk") {
  TEST_CASE("is the FAT or ISO 9660 labelled cidata, in either case") {
    const std::vector<BlockFilesystem> none = {{"/dev/vda1", "vfat", "BOOT", "1", ""},
                                               {"/dev/vdb", "ext4", "cidata", "2", ""},
                                               {"/dev/vdc", "iso9660", "config-2", "3", ""}};
    CHECK(ChooseNoCloudDisk(none) == nullptr);
    std::vector<BlockFilesystem> all = none;
    all.push_back({"/dev/sr0", "iso9660", "cidata", "4", ""});
    CHECK(ChooseNoCloudDisk(all)->device == "/dev/sr0");
    all.back() = {"/dev/vdd", "vfat", "CIDATA", "5", ""};
    CHECK(ChooseNoCloudDisk(all)->device == "/dev/vdd");
  }
}

TEST_SUITE("root check") {
  void WriteInit(const std::string& root, Elf64_Half machine) {
    REQUIRE(MakeDirectories(root + "/usr/lib/systemd", 0755));
    REQUIRE(MakeDirectories(root + "/usr/sbin", 0755));
    Elf64_Ehdr header{};
    std::copy_n(ELFMAG, SELFMAG, header.e_ident);
    header.e_machine = machine;
    REQUIRE(WriteFile(root + "/usr/lib/systemd/systemd",
                      {reinterpret_cast<const char*>(&header), sizeof(header)}, 0755));
    REQUIRE(Symlink("/usr/lib/systemd/systemd", root + "/usr/sbin/init"));
  }
#if defined(__x86_64__)
  constexpr Elf64_Half kOwn = EM_X86_64;
  constexpr Elf64_Half kOther = EM_AARCH64;
#else
  constexpr Elf64_Half kOwn = EM_AARCH64;
  constexpr Elf64_Half kOther = EM_X86_64;
#endif

  TEST_CASE("links are followed inside the root, missing directories and /sbin are made") {
    const TemporaryDirectory root;
    const std::string path = root.path().string();
    WriteInit(path, kOwn);
    REQUIRE(CheckRoot(path));
    CHECK(*Readlink(path + "/sbin") == "usr/sbin");
    for (const char* name : {"dev", "proc", "run", "sys"}) CHECK(Exists(path + "/" + name));
  }

  TEST_CASE("an existing /sbin is never touched") {
    const TemporaryDirectory root;
    const std::string path = root.path().string();
    WriteInit(path, kOwn);
    REQUIRE(MakeDirectories(path + "/sbin", 0755));
    REQUIRE(CheckRoot(path));
    CHECK_FALSE(Readlink(path + "/sbin"));
  }

  TEST_CASE("no init, an init for another machine and a text file are refused") {
    const TemporaryDirectory root;
    CHECK(CheckRoot(root.path().string()).error().code() == "root_not_bootable");
    const TemporaryDirectory other;
    WriteInit(other.path().string(), kOther);
    CHECK(CheckRoot(other.path().string()).error().message().find("another machine") !=
          std::string::npos);
    const TemporaryDirectory text;
    REQUIRE(MakeDirectories(text.path().string() + "/sbin", 0755));
    REQUIRE(WriteFile(text.path().string() + "/sbin/init", std::string(100, 'x'), 0755));
    CHECK_FALSE(CheckRoot(text.path().string()));
  }
}

TEST_SUITE("boot console") {
  TEST_CASE("boot.log keeps the last five boots, and control characters never reach the console") {
    const TemporaryDirectory root;
    const Paths paths = Paths::Below(root.path().string());
    const std::string out = root.path().string() + "/console";
    const Fd fd = *Open(out, O_WRONLY | O_CREAT, 0644);
    for (int boot = 1; boot <= 7; ++boot) {
      BootConsole console(fd.get(), paths);
      console.Say("fetch", "boot number\x1b[2J " + std::to_string(boot));
      console.Keep(paths, "id-" + std::to_string(boot));
    }
    const std::string log = *ReadFile(paths.boot_log, 1 << 20);
    CHECK(log.find("=== boot id-2 ") == std::string::npos);
    CHECK(log.find("=== boot id-3 ") != std::string::npos);
    CHECK(log.find("=== boot id-7 ") != std::string::npos);
    CHECK(ReadFile(out, 1 << 20)->find('\x1b') == std::string::npos);
  }
}

TEST_SUITE("host name") {
  TEST_CASE("only a host name becomes one") {
    CHECK(CheckedHostName("node-1.a") == "node-1.a");
    for (const char* bad : {"", "-a", "a-", "a b", "a\nb", "a/b"})
      CHECK(CheckedHostName(bad).empty());
  }
}

TEST_SUITE("rendered root") {
  TEST_CASE("name, id and keys are the node's, and a module that ships them is named") {
    const TemporaryDirectory directory;
    const Paths paths = Paths::Below(directory.path().string());
    const Composition composition;
    const auto render = [&](const std::string& name) {
      const std::string root = directory.path().string() + "/" + name;
      CHECK(MakeDirectories(root + "/etc/ssh", 0755));
      CHECK(WriteFile(root + "/etc/hostname", "builder\n", 0644));
      CHECK(WriteFile(root + "/etc/machine-id", "uninitialized\n", 0644));
      return RenderRoot({.paths = paths,
                         .root = root,
                         .composition = composition,
                         .resolver = "",
                         .verify = std::nullopt})
          .findings;
    };
    const auto file = [&](const std::string& name) {
      return *ReadFile(directory.path().string() + "/" + name, 4096);
    };
    const std::vector<std::string> findings = render("first");
    REQUIRE(findings.size() == 1);
    CHECK(findings[0].find("/etc/hostname") != std::string::npos);
    CHECK(findings[0].find("machine-id") == std::string::npos);
    CHECK(file("first/etc/hostname") == "builder\n");  // nobody has named it otherwise

    REQUIRE(MakeDirectories(DirectoryOf(paths.fw_cfg_instance_name), 0755));
    REQUIRE(WriteFile(paths.fw_cfg_instance_name, "from-fw-cfg", 0444));
    render("second");
    CHECK(file("second/etc/hostname") == "from-fw-cfg\n");

    REQUIRE(WriteFile(KeptHostNamePath(paths), "from-platform\n", 0644));
    render("third");
    CHECK(file("third/etc/hostname") == "from-platform\n");
    CHECK(file("third/etc/machine-id") == file("first/etc/machine-id"));
    CHECK(file("third/etc/ssh/ssh_host_ecdsa_key") == file("first/etc/ssh/ssh_host_ecdsa_key"));
  }
}

}  // namespace
}  // namespace powernode::runtime::boot_parts_test

#include "runtime/masked_cmdline.h"

#include <doctest/doctest.h>
#include <sys/mount.h>

#include "agent/base/files.h"
#include "identity/kernel_cmdline.h"
#include "tests/support/temporary_directory.h"

namespace powernode::runtime::masked_cmdline_test {
namespace {

using powernode::testing::TemporaryDirectory;

constexpr std::string_view kLine = "quiet powernode.bootstrap_token=0123456789abcdef ro\n";

// A root with a real /proc whose cmdline has a token in it.
struct Node {
  TemporaryDirectory root;
  std::string proc = root / "proc";

  Node() {
    REQUIRE(MakeDirectories(proc, 0755));
    REQUIRE(::mount("proc", proc.c_str(), "proc", 0, nullptr) == 0);
    const std::string line = root / "given-line";
    REQUIRE(WriteFile(line, kLine, 0444));
    REQUIRE(::mount(line.c_str(), (proc + "/cmdline").c_str(), nullptr, MS_BIND, nullptr) == 0);
  }
  ~Node() {
    while (::umount2((proc + "/cmdline").c_str(), 0) == 0) {
    }
    ::umount2(proc.c_str(), 0);
  }
  Paths paths() const { return Paths::Below(root.path().string()); }
};

std::size_t MountsAt(const std::string& path) {
  const std::string table = *ReadFile("/proc/self/mountinfo", 1 << 20);
  std::size_t count = 0;
  for (std::size_t at = table.find(" " + path + " "); at != std::string::npos;
       at = table.find(" " + path + " ", at + 1))
    ++count;
  return count;
}

TEST_SUITE("masked_cmdline") {
  TEST_CASE("the token is hidden, the rest stays, and once is enough") {
    Node node;
    for (int round = 0; round < 2; ++round) {
      REQUIRE(MaskTokenOnCommandLine(node.paths()));
      CHECK(*ReadFile(node.proc + "/cmdline", 4096) == "quiet powernode.bootstrap_token=*** ro\n");
      CHECK(MountsAt(node.proc + "/cmdline") == 2);  // the one of this test, and the mask
    }
  }

  TEST_CASE("the mask moves with /proc into the next root") {
    Node node;
    REQUIRE(MaskTokenOnCommandLine(node.paths()));
    const std::string next = node.root / "sysroot/proc";
    REQUIRE(MakeDirectories(next, 0755));
    REQUIRE(::mount(node.proc.c_str(), next.c_str(), nullptr, MS_MOVE, nullptr) == 0);
    CHECK(*ReadFile(next + "/cmdline", 4096) == "quiet powernode.bootstrap_token=*** ro\n");
    node.proc = next;
  }

  TEST_CASE("nothing is mounted where there is no token, and no /proc is no failure") {
    const TemporaryDirectory root;
    const Paths paths = Paths::Below(root.path().string());
    REQUIRE(MaskTokenOnCommandLine(paths));
    REQUIRE(MakeDirectories(root / "proc", 0755));
    REQUIRE(WriteFile(paths.kernel_cmdline, "quiet ro\n", 0444));
    REQUIRE(MaskTokenOnCommandLine(paths));
    CHECK(MountsAt(paths.kernel_cmdline) == 0);
  }

  TEST_CASE("a line that cannot be hidden is named without what stands in it") {
    Node node;
    REQUIRE(MakeDirectories(node.paths().run, 0755));
    REQUIRE(MakeDirectories(node.paths().masked_cmdline, 0755));  // a directory in its place
    const Status masked = MaskTokenOnCommandLine(node.paths());
    REQUIRE_FALSE(masked);
    CHECK(masked.error().code() == "cmdline_not_masked");
    CHECK(masked.error().message().find("0123456789abcdef") == std::string::npos);
  }
}

}  // namespace
}  // namespace powernode::runtime::masked_cmdline_test

#include "mount/mount_table.h"

#include <doctest/doctest.h>

#include "agent/base/files.h"
#include "tests/support/temporary_directory.h"

namespace powernode::mount::mount_table_test {
namespace {

Result<MountTable> Table(const std::string& content) {
  const testing::TemporaryDirectory directory;
  const Status written = WriteFile(directory / "mountinfo", content, 0600);
  REQUIRE(written.ok());
  return MountTable::Read(directory / "mountinfo");
}

constexpr const char* kRoot = "22 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda1 rw\n";

}  // namespace

TEST_CASE("reads the live table") {
  const Result<MountTable> table = MountTable::Read();
  REQUIRE(table.ok());
  CHECK(table->FindAt("/") != nullptr);
  CHECK(table->FindAt("/no/such/mount") == nullptr);
}

TEST_CASE("octal escapes in every field are decoded") {
  const Result<MountTable> table =
      Table(std::string(kRoot) +
            "30 22 0:40 /sub\\040dir /mnt/with\\040space\\012line rw shared:1 master:2 - "
            "tmpfs the\\040source rw,size=1k\n");
  REQUIRE(table.ok());
  const MountEntry* entry = table->FindAt("/mnt/with space\nline");
  REQUIRE(entry != nullptr);
  CHECK(entry->id == 30);
  CHECK(entry->parent_id == 22);
  CHECK(entry->root == "/sub dir");
  CHECK(entry->source == "the source");
  CHECK(entry->fs_type == "tmpfs");
}

TEST_CASE("a line of more than a MiB is read whole") {
  std::string lowers;
  std::size_t count = 0;
  for (; lowers.size() < 1'200'000; ++count)
    lowers += ",lowerdir+=/run/powernode/layers/" + std::to_string(count);
  const Result<MountTable> table =
      Table(std::string(kRoot) + "31 22 0:41 / /union rw - overlay powernode rw" + lowers +
            ",upperdir=/u\n");
  REQUIRE(table.ok());
  const MountEntry* entry = table->FindAt("/union");
  REQUIRE(entry != nullptr);
  const OverlayDirectories directories = ParseOverlayOptions(entry->fs_options);
  CHECK(directories.lowers.size() == count);
  CHECK(directories.upper == "/u");
}

TEST_CASE("what cannot be read is neither mounted nor not mounted") {
  for (const std::string& content : {std::string(), std::string(kRoot) + "garbage\n",
                                     std::string(kRoot) + "30 22 0:40 / /mnt rw tmpfs x rw\n",
                                     std::string(kRoot) + "x 22 0:40 / /mnt rw - tmpfs x rw\n",
                                     std::string(kRoot) + "30 22 0:40 / /mnt"}) {
    CAPTURE(content);
    const Result<MountTable> table = Table(content);
    REQUIRE_FALSE(table.ok());
    CHECK(table.error().kind() == ErrorKind::kCannotTell);
    CHECK(table.error().code() == "mount_table_unreadable");
  }
  const Result<MountTable> missing = MountTable::Read("/no/such/mountinfo");
  REQUIRE_FALSE(missing.ok());
  CHECK(missing.error().kind() == ErrorKind::kCannotTell);
}

TEST_CASE(
    "of several mounts at one place the topmost is found, in whatever order they are listed") {
  const std::string low = "40 22 0:40 / /mnt rw - tmpfs low rw\n";
  const std::string high = "41 40 0:41 / /mnt rw - tmpfs high rw\n";
  CHECK(Table(kRoot + low + high)->FindAt("/mnt")->source == "high");
  CHECK(Table(kRoot + high + low)->FindAt("/mnt")->source == "high");
  CHECK(Table(kRoot + low + high)->FindAt("/mnt/")->source == "high");
}

TEST_CASE("the directories of an overlay, in the spellings of old and new kernels") {
  const struct {
    const char* options;
    std::vector<std::string> lowers;
    std::vector<std::string> data = {};
  } cases[] = {
      {"rw,lowerdir=/a:/b:/c,upperdir=/u,workdir=/w,metacopy=on", {"/a", "/b", "/c"}},
      {"rw,lowerdir+=/a,lowerdir+=/b,lowerdir+=/c,upperdir=/u,workdir=/w", {"/a", "/b", "/c"}},
      {"rw,lowerdir=x:y,upperdir=/u,workdir=/w", {"/layers/x", "/layers/y"}},
      {"rw,lowerdir=/a\\:b:/c,upperdir=/u,workdir=/w", {"/a:b", "/c"}},
      {"rw,lowerdir=/a::/objects,upperdir=/u,workdir=/w", {"/a"}, {"/objects"}},
      {"rw,lowerdir=x:y::/o1::/o2,upperdir=/u,workdir=/w",
       {"/layers/x", "/layers/y"},
       {"/o1", "/o2"}},
      {"rw,lowerdir+=/a,datadir+=/objects,upperdir=/u,workdir=/w", {"/a"}, {"/objects"}},
      {"rw,upperdir=/u,workdir=/w", {}},
  };
  for (const auto& spelling : cases) {
    CAPTURE(spelling.options);
    const OverlayDirectories directories = ParseOverlayOptions(spelling.options, "/layers");
    CHECK(directories.lowers == spelling.lowers);
    CHECK(directories.data == spelling.data);
    CHECK(directories.upper == "/u");
    CHECK(directories.work == "/w");
  }
}

TEST_CASE("only verity=require counts as required") {
  CHECK(ParseOverlayOptions("rw,lowerdir+=/a,verity=require").verity_required);
  CHECK_FALSE(ParseOverlayOptions("rw,lowerdir+=/a,verity=on").verity_required);
  CHECK_FALSE(ParseOverlayOptions("rw,lowerdir+=/a").verity_required);
}

TEST_CASE("a directory is in use while a mounted overlay has it or what is below it") {
  const Result<MountTable> table =
      Table(std::string(kRoot) +
            "40 22 0:40 / /union rw - overlay o rw,lowerdir+=/layers/aa,lowerdir+=/layers/"
            "bb/sub,datadir+=/cache/objects,upperdir=/scratch/upper,workdir=/scratch/work\n");
  REQUIRE(table.ok());
  for (const char* used : {"/layers/aa", "/layers/bb", "/scratch", "/layers", "/cache"})
    CHECK(table->UsedByOverlay(used));
  for (const char* unused : {"/layers/a", "/layers/cc", "/scratch2", "/union"})
    CHECK_FALSE(table->UsedByOverlay(unused));
}

}  // namespace powernode::mount::mount_table_test

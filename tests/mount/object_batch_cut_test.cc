// A batch that is cut at each of its system calls: by SIGKILL, and by a power cut on a real ext4,
// whose bytes are copied at that moment and mounted again. Mounts, so needs root.
#include <doctest/doctest.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "agent/base/files.h"
#include "agent/base/process.h"
#include "agent/base/syscalls.h"
#include "mount/object_batch.h"
#include "mount/object_listing.h"
#include "tests/mount/sample_objects.h"
#include "tests/support/temporary_directory.h"
#include "tests/support/traced_child.h"

namespace powernode::mount::object_batch_cut_test {
namespace {

using testing::ObjectOf;
using testing::RunTraced;
using testing::StoredContent;
using testing::SystemCall;
using testing::TemporaryDirectory;
using testing::Then;

constexpr std::size_t kMostCalls = 5'000;

const std::vector<std::string>& Contents() {
  static const std::vector<std::string> contents{"one", "two", std::string(9'000, 'x'), "one",
                                                 std::string(70'000, 'y')};
  return contents;
}
constexpr std::size_t kDifferent = 5;

int AddAll(const ObjectStore& store) {
  Result<ObjectBatch> batch = ObjectBatch::Begin(store, KernelVerity::kEnable);
  if (!batch) return 1;
  for (const std::string& content : Contents())
    if (!batch->Add(AsBytes(content))) return 2;
  if (!batch->Commit()) return 3;
  // Into a directory that the store has by now.
  return batch->Add(AsBytes(testing::NeighbourOf("one"))) && batch->Commit() ? 0 : 4;
}

// The number of objects; each one's bytes are those of its name.
std::size_t CheckWhole(const ObjectStore& store) {
  const Result<ObjectListing> listing = ListStore(store);
  REQUIRE(listing);
  CHECK(listing->foreign.empty());
  for (const StoredObject& stored : listing->objects)
    CHECK(ObjectOf(StoredContent(store, stored.object)) == stored.object);
  return listing->objects.size();
}

// The next batch cleans up after the one that was cut, and completes what it began.
void CheckRecovers(const ObjectStore& store) {
  CHECK(AddAll(store) == 0);
  CHECK(CheckWhole(store) == kDifferent);
  CHECK(ListStore(store)->incoming.empty());
}

TEST_SUITE_BEGIN("object batch, cut");

TEST_CASE("every write is before the first sync, every name between the two") {
  TemporaryDirectory root;
  const ObjectStore store(root / "objects");
  std::string order;
  const auto ended = RunTraced([&] { return AddAll(store); },
                               [&](const SystemCall& call) {
                                 switch (call.number) {
                                   case SYS_write:
                                     // UBSan's runtime looks at memory by writing 16 bytes of it
                                     // into a pipe of its own.
                                     if (call.arguments[2] != 16) order += 'w';
                                     break;
                                   case SYS_syncfs:
                                     order += 's';
                                     break;
                                   case SYS_renameat2:
                                     order += 'n';
                                     break;
                                   case SYS_fsync:
                                   case SYS_fdatasync:
                                   case SYS_sync:
                                     order += '!';
                                     break;
                                   default:
                                     break;
                                 }
                                 return Then::kGoOn;
                               });
  REQUIRE(ended == 0);
  // The four come with their directories, the fifth joins one of them.
  CHECK(order ==
        "wwwwsnnnns"
        "wsns");
}

TEST_CASE("killed at any system call, no object's bytes differ from its name") {
  bool whole = false;
  for (std::size_t cut = 0; !whole && cut < kMostCalls; ++cut) {
    CAPTURE(cut);
    TemporaryDirectory root;
    const ObjectStore store(root / "objects");
    std::size_t calls = 0;
    whole = RunTraced(
                [&] { return AddAll(store); },
                [&](const SystemCall&) { return calls++ == cut ? Then::kKill : Then::kGoOn; }) == 0;
    CheckWhole(store);
    CheckRecovers(store);
  }
  CHECK(whole);
}

void Run(const std::vector<std::string>& argv) {
  const Result<ProcessOutcome> done =
      SystemProcessRunner().Run(argv, std::chrono::milliseconds(30'000));
  REQUIRE(done);
  REQUIRE_MESSAGE(done->exit_code == 0, done->output);
}

// An ext4 in a file, mounted as long as this lives.
class Disk {
 public:
  Disk(const std::string& image, const std::string& mountpoint) : mountpoint_(mountpoint) {
    REQUIRE(MakeDirectories(mountpoint, 0755));
    Run({"/bin/mount", "-o", "loop", image, mountpoint});
  }
  Disk(const Disk&) = delete;
  Disk& operator=(const Disk&) = delete;
  ~Disk() { CHECK(::umount(mountpoint_.c_str()) == 0); }

 private:
  std::string mountpoint_;
};

// What the disk holds at this moment: the loop device's file, as a power cut would leave it.
class PowerCut {
 public:
  PowerCut(const TemporaryDirectory& root, const std::string& image)
      : copy_(root / "cut.img"), mountpoint_(root / "cut") {
    std::filesystem::copy_file(image, copy_, std::filesystem::copy_options::overwrite_existing);
  }
  std::size_t CheckedObjects() const {
    const Disk disk(copy_, mountpoint_);
    return CheckWhole(ObjectStore(mountpoint_ + "/objects"));
  }
  void CheckRecovered() const {
    const Disk disk(copy_, mountpoint_);
    CheckRecovers(ObjectStore(mountpoint_ + "/objects"));
  }

 private:
  std::string copy_;
  std::string mountpoint_;
};

TEST_CASE("without power at any system call, no object's bytes differ from its name") {
  TemporaryDirectory root;
  const std::string image = root / "disk.img";
  Run({"/usr/bin/truncate", "-s", "8M", image});
  Run({"/sbin/mkfs.ext4", "-q", "-F", "-b", "1024", "-J", "size=1", image});
  const Disk disk(image, root / "disk");
  const ObjectStore store(root / "disk/objects");

  // Another program's fsync commits the journal at the worst moment: names without their bytes, if
  // there are any. What comes before the batch's first call on the disk is passed over.
  bool touched = false;
  std::size_t most = 0;
  const auto ended = RunTraced(
      [&] { return AddAll(store); },
      [&](const SystemCall& call) {
        touched = touched || call.number == SYS_mkdirat || call.number == SYS_mkdir ||
                  call.number == SYS_flock;
        if (!touched || call.number == SYS_mmap || call.number == SYS_munmap) return Then::kGoOn;
        REQUIRE(WriteFileAtomically(root / "disk/others", std::to_string(call.number), 0644));
        const PowerCut cut(root, image);
        most = std::max(most, cut.CheckedObjects());
        return Then::kGoOn;
      });
  REQUIRE(ended == 0);
  const PowerCut after(root, image);
  CHECK(after.CheckedObjects() == kDifferent);
  after.CheckRecovered();
  CHECK(most == kDifferent);
}

TEST_CASE("what a commit has reported survives a power cut without anybody else's sync") {
  TemporaryDirectory root;
  const std::string image = root / "disk.img";
  Run({"/usr/bin/truncate", "-s", "8M", image});
  Run({"/sbin/mkfs.ext4", "-q", "-F", "-b", "1024", "-J", "size=1", image});
  const Disk disk(image, root / "disk");
  REQUIRE(AddAll(ObjectStore(root / "disk/objects")) == 0);
  CHECK(PowerCut(root, image).CheckedObjects() == kDifferent);
}

TEST_CASE("a full disk is said so, and what was stored or finished before is kept") {
  TemporaryDirectory root;
  REQUIRE(MakeDirectories(root / "small", 0755));
  REQUIRE(::mount("small", (root / "small").c_str(), "tmpfs", 0, "size=1m") == 0);
  {
    const ObjectStore store(root / "small/objects");
    testing::AddObjects(store, {"stored before"});
    Result<ObjectBatch> batch = ObjectBatch::Begin(store, KernelVerity::kLeave);
    REQUIRE(batch);
    REQUIRE(batch->Add(AsBytes("finished before")));
    const Result<NeededObject> refused = batch->Add(AsBytes(std::string(2'000'000, 'x')));
    REQUIRE_FALSE(refused);
    CHECK(refused.error().kind() == ErrorKind::kNoSpace);
    CHECK(refused.error().code() == "no_space");
    CHECK(refused.error().message().find(store.directory()) != std::string::npos);
    CHECK(batch->Commit()->objects == 1);
    CHECK(CheckWhole(store) == 2);
  }
  CHECK(::umount((root / "small").c_str()) == 0);
}

TEST_SUITE_END();

}  // namespace
}  // namespace powernode::mount::object_batch_cut_test

#include "mount/composefs/directory_scan.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <optional>
#include <string>

#include "agent/base/files.h"
#include "agent/base/syscalls.h"
#include "mount/composefs/dump.h"
#include "mount/composefs/file_keeper.h"
#include "mount/object_batch.h"
#include "tests/mount/sample_objects.h"
#include "tests/support/temporary_directory.h"
#include "tests/verify/fsverity_reference.h"

namespace powernode::mount::composefs::directory_scan_test {
namespace {

using testing::TemporaryDirectory;

// Not the same at any two places, so that a byte that is read twice or not at all shows.
std::string Bytes(std::size_t size) {
  std::string text(size, '\0');
  std::uint64_t state = size + 1;
  for (char& c : text) {
    state = state * 6364136223846793005ULL + 1442695040888963407ULL;
    c = static_cast<char>(state >> 56);
  }
  return text;
}

std::string File(const TemporaryDirectory& directory, const std::string& name,
                 std::string_view content) {
  std::string path = directory / name;
  REQUIRE(WriteFile(path, content, 0644).ok());
  return path;
}

ScanResult Scanned(const std::string& path, const ScanOptions& options = {}) {
  Result<ScanResult> result = ScanDirectory(path, options);
  REQUIRE_MESSAGE(result.ok(), result.error().message());
  return *std::move(result);
}

const Node& NodeAt(const Tree& tree, const std::string& name, NodeId directory = 0) {
  const Entry* const entry = tree.Find(directory, name);
  REQUIRE_MESSAGE(entry != nullptr, name);
  return tree.at(entry->node);
}

std::optional<std::string> ValueOf(const Node& node, std::string_view name) {
  for (const Attribute& attribute : node.attributes)
    if (attribute.name == name) return attribute.value;
  return std::nullopt;
}

// A tmpfs of the test's own: it has devices and every kind of attribute but user.*.
class Tmpfs {
 public:
  Tmpfs() { REQUIRE(::mount("tmpfs", directory_.path().c_str(), "tmpfs", 0, nullptr) == 0); }
  ~Tmpfs() { ::umount2(directory_.path().c_str(), MNT_DETACH); }

  const TemporaryDirectory& directory() const { return directory_; }
  std::string operator/(const std::string& name) const { return directory_ / name; }

 private:
  TemporaryDirectory directory_;
};

void SetAttribute(const std::string& path, const char* name, std::string_view value) {
  REQUIRE_MESSAGE(::lsetxattr(path.c_str(), name, value.data(), value.size(), 0) == 0, name);
}

// Everything that a node can be, and files at each edge of what is read in another way.
void FillSample(const TemporaryDirectory& directory) {
  for (const std::size_t size : {0UL, 1UL, 64UL, 65UL, 4096UL, 262143UL, 262144UL, 262145UL})
    File(directory, "file-" + std::to_string(size), Bytes(size));
  for (int i = 0; i < 20; ++i) {
    const std::string name = "d" + std::to_string(i);
    REQUIRE(::mkdir((directory / name).c_str(), 0700) == 0);
    for (int j = 0; j < 30 * (i % 3); ++j)
      File(directory, name + "/" + std::to_string(j), Bytes(static_cast<std::size_t>(97 * j)));
  }
  REQUIRE(::mkdir((directory / "many").c_str(), 0755) == 0);
  for (int i = 0; i < 1000; ++i)
    File(directory, "many/" + std::to_string(i), Bytes(static_cast<std::size_t>(i)));
  REQUIRE(Symlink("file-65", directory / "link").ok());
}

}  // namespace

TEST_SUITE_BEGIN("directory scan");

TEST_CASE("files of up to 64 bytes are held, larger ones are named by their digest") {
  const TemporaryDirectory directory;
  const std::size_t sizes[] = {
      1,      64,      65,      4096,    4097,           262144,
      262145, 1048576, 1048577, 3000000, kHugeFileBytes, kHugeFileBytes + 1};
  for (const std::size_t size : sizes) File(directory, std::to_string(size), Bytes(size));
  File(directory, "empty", "");
  const ScanResult scanned = Scanned(directory.path(), {.threads = 2});
  for (const std::size_t size : sizes) {
    const Node& node = NodeAt(scanned.tree, std::to_string(size));
    const std::string content = Bytes(size);
    CHECK(node.size == size);
    if (size <= 64) {
      CHECK(node.content == content);
      CHECK_FALSE(node.digest.has_value());
      continue;
    }
    REQUIRE_MESSAGE(node.digest.has_value(), size);
    CHECK(node.digest->ToString() == testing::ReferenceFsVerity(content));
    CHECK(node.payload == ObjectStore::NameOf(*node.digest));
    CHECK(node.content.empty());
  }
  CHECK_FALSE(NodeAt(scanned.tree, "empty").digest.has_value());
  CHECK(scanned.files == 13);
  CHECK(scanned.external_files == 10);
}

TEST_CASE("owner, mode, time and target are the file's own") {
  const TemporaryDirectory directory;
  const std::string file = File(directory, "file", "content");
  REQUIRE(Symlink("/nowhere at all", directory / "link").ok());
  REQUIRE(::chown(file.c_str(), 70000, 80000) == 0);
  REQUIRE(::chmod(file.c_str(), 06751) == 0);
  const timespec times[] = {{.tv_sec = 1, .tv_nsec = 2}, {.tv_sec = -5, .tv_nsec = 7}};
  REQUIRE(::utimensat(AT_FDCWD, file.c_str(), times, 0) == 0);
  REQUIRE(::chmod(directory.path().c_str(), 0711) == 0);

  const ScanResult scanned = Scanned(directory.path());
  const Node& node = NodeAt(scanned.tree, "file");
  CHECK(node.mode == (S_IFREG | 06751));
  CHECK(node.uid == 70000);
  CHECK(node.gid == 80000);
  CHECK(node.mtime == Timestamp{.seconds = -5, .nanoseconds = 7});
  CHECK(scanned.tree.at(scanned.tree.root()).mode == (S_IFDIR | 0711));
  const Node& link = NodeAt(scanned.tree, "link");
  CHECK(link.payload == "/nowhere at all");
  CHECK(link.size == 15);

  const ScanResult dated = Scanned(directory.path(), {.epoch = 1234});
  CHECK(NodeAt(dated.tree, "file").mtime == Timestamp{.seconds = 1234, .nanoseconds = 0});
  CHECK(dated.tree.at(dated.tree.root()).mtime == Timestamp{.seconds = 1234, .nanoseconds = 0});
}

TEST_CASE("two names of one file are two files") {
  const TemporaryDirectory directory;
  const std::string file = File(directory, "a", Bytes(100));
  REQUIRE(::link(file.c_str(), (directory / "b").c_str()) == 0);
  const ScanResult scanned = Scanned(directory.path());
  CHECK(scanned.tree.Find(0, "a")->node != scanned.tree.Find(0, "b")->node);
  CHECK_FALSE(scanned.tree.Find(0, "b")->is_link);
  CHECK(NodeAt(scanned.tree, "a").link_count == 1);
  CHECK(NodeAt(scanned.tree, "b").digest == NodeAt(scanned.tree, "a").digest);
}

TEST_CASE("a name may have any bytes and 255 of them") {
  const TemporaryDirectory directory;
  const std::string names[] = {"\n", "\x01\xff\x80", " ", "-", "a=b\\", std::string(255, 'x')};
  for (const std::string& name : names) File(directory, name, "x");
  const ScanResult scanned = Scanned(directory.path());
  for (const std::string& name : names) CHECK(scanned.tree.Find(0, name) != nullptr);
}

TEST_CASE("the tree does not depend on the number of threads") {
  const TemporaryDirectory directory;
  FillSample(directory);
  const std::string wanted = WriteDump(Scanned(directory.path()).tree);
  for (const std::size_t threads : {2U, 3U, 64U})
    CHECK(WriteDump(Scanned(directory.path(), {.threads = threads}).tree) == wanted);
}

TEST_CASE("paths may be longer than the kernel takes, and more directories wait than stay open") {
  const TemporaryDirectory directory;
  constexpr int kDepth = 200;
  const std::string name(100, 'z');  // after "other", which waits until all below is read
  Result<Fd> at = Open(directory.path(), O_RDONLY | O_DIRECTORY);
  for (int level = 0; level < kDepth; ++level) {
    REQUIRE(at.ok());
    REQUIRE(::mkdirat(at->get(), "other", 0755) == 0);
    REQUIRE(::mkdirat(at->get(), name.c_str(), 0755) == 0);
    Result<Fd> next = OpenAt(*at, name, O_RDONLY | O_DIRECTORY);
    at = std::move(next);
  }
  REQUIRE(OpenAt(*at, "bottom", O_WRONLY | O_CREAT, 0644).ok());
  const ScanResult scanned = Scanned(directory.path(), {.threads = 1});
  CHECK(scanned.files == 1);
  NodeId id = scanned.tree.root();
  for (int level = 0; level < kDepth; ++level) {
    REQUIRE(scanned.tree.Find(id, "other") != nullptr);
    REQUIRE(scanned.tree.Find(id, name) != nullptr);
    id = scanned.tree.Find(id, name)->node;
  }
  CHECK(scanned.tree.Find(id, "bottom") != nullptr);
}

TEST_CASE("devices, pipes, sockets and whiteouts are kept, or the devices left out") {
  const Tmpfs tmpfs;
  REQUIRE(::mknod((tmpfs / "null").c_str(), S_IFCHR | 0666, ::makedev(1, 3)) == 0);
  REQUIRE(::mknod((tmpfs / "disk").c_str(), S_IFBLK | 0660, ::makedev(259, 0x12345)) == 0);
  REQUIRE(::mknod((tmpfs / "gone").c_str(), S_IFCHR, 0) == 0);
  REQUIRE(::mkfifo((tmpfs / "pipe").c_str(), 0600) == 0);
  REQUIRE(::mknod((tmpfs / "socket").c_str(), S_IFSOCK | 0600, 0) == 0);

  const ScanResult scanned = Scanned(tmpfs.directory().path());
  CHECK(NodeAt(scanned.tree, "null").device == 259);
  CHECK(NodeAt(scanned.tree, "disk").device == 0x45 + 256 * 259 + 4096 * 0x12300);
  CHECK(NodeAt(scanned.tree, "gone").IsWhiteout());
  CHECK(NodeAt(scanned.tree, "pipe").mode == (S_IFIFO | 0600));
  CHECK(NodeAt(scanned.tree, "socket").mode == (S_IFSOCK | 0600));

  const ScanResult without = Scanned(tmpfs.directory().path(), {.skip_devices = true});
  for (const char* name : {"null", "disk", "gone"}) CHECK(without.tree.Find(0, name) == nullptr);
  for (const char* name : {"pipe", "socket"}) CHECK(without.tree.Find(0, name) != nullptr);
}

TEST_CASE("attributes are those of the entry itself, of every kind, or fewer when asked") {
  const Tmpfs tmpfs;
  const std::string acl(
      "\x02\0\0\0\x01\0\x06\0\xff\xff\xff\xff\x02\0\x04\0\x0a\0\0\0"
      "\x04\0\x04\0\xff\xff\xff\xff\x10\0\x04\0\xff\xff\xff\xff"
      "\x20\0\x04\0\xff\xff\xff\xff",
      44);
  const std::string file = File(tmpfs.directory(), "file", "x");
  REQUIRE(Symlink("file", tmpfs / "link").ok());
  REQUIRE(::mkdir((tmpfs / "sub").c_str(), 0755) == 0);
  SetAttribute(file, "trusted.a", std::string_view("v\0w", 3));
  SetAttribute(file, "system.posix_acl_access", acl);
  SetAttribute(tmpfs / "link", "trusted.link", "");
  SetAttribute(tmpfs / "sub", "trusted.sub", "1");
  SetAttribute(tmpfs.directory().path(), "trusted.overlay.opaque", "y");

  const ScanResult scanned = Scanned(tmpfs.directory().path());
  CHECK(ValueOf(NodeAt(scanned.tree, "file"), "trusted.a") == std::string("v\0w", 3));
  CHECK(ValueOf(NodeAt(scanned.tree, "file"), "system.posix_acl_access") == acl);
  CHECK(ValueOf(NodeAt(scanned.tree, "link"), "trusted.link") == "");
  CHECK_FALSE(ValueOf(NodeAt(scanned.tree, "link"), "trusted.a").has_value());
  CHECK(ValueOf(NodeAt(scanned.tree, "sub"), "trusted.sub") == "1");
  CHECK(ValueOf(scanned.tree.at(0), "trusted.overlay.opaque") == "y");

  const TemporaryDirectory on_disk;
  const std::string both = File(on_disk, "file", "x");
  SetAttribute(both, "user.a", "1");
  SetAttribute(both, "trusted.a", "2");
  const auto count = [&](AttributeChoice choice) {
    const ScanResult chosen = Scanned(on_disk.path(), {.attributes = choice});
    return NodeAt(chosen.tree, "file").attributes.size();
  };
  CHECK(count(AttributeChoice::kAll) >= 2);
  CHECK(count(AttributeChoice::kUserOnly) == 1);
  CHECK(count(AttributeChoice::kNone) == 0);
}

TEST_CASE("a sparse file has the digest of its zeros") {
  const TemporaryDirectory directory;
  const Result<Fd> fd = Open(directory / "sparse", O_WRONLY | O_CREAT, 0644);
  REQUIRE(fd.ok());
  REQUIRE(PwriteAll(*fd, AsBytes("data"), 5'000'000).ok());
  REQUIRE(Ftruncate(*fd, kHugeFileBytes + 5).ok());
  std::string content(kHugeFileBytes + 5, '\0');
  content.replace(5'000'000, 4, "data");
  const ScanResult scanned = Scanned(directory.path(), {.threads = 2});
  CHECK(NodeAt(scanned.tree, "sparse").digest->ToString() == testing::ReferenceFsVerity(content));
}

TEST_CASE("every external file's bytes become an object, once") {
  const TemporaryDirectory directory;
  const TemporaryDirectory objects;
  const std::size_t sizes[] = {64, 65, 4097, 300'000, kHugeFileBytes + 1};
  for (const std::size_t size : sizes) File(directory, std::to_string(size), Bytes(size));
  File(directory, "again", Bytes(4097));
  const ObjectStore store(objects / "store");
  REQUIRE(store.Prepare().ok());
  for (const std::uint64_t new_objects : {4U, 0U}) {
    Result<ObjectBatch> batch = ObjectBatch::Begin(store, KernelVerity::kLeave);
    REQUIRE(batch.ok());
    const ScanResult scanned = Scanned(directory.path(), {.threads = 2, .objects = &*batch});
    const Result<ObjectBatch::Committed> committed = batch->Commit();
    REQUIRE(committed.ok());
    CHECK(committed->objects == new_objects);
    for (const std::size_t size : sizes) {
      if (size == 64) continue;
      const std::string content = Bytes(size);
      const NeededObject wanted = testing::ObjectOf(content);
      CHECK(NodeAt(scanned.tree, std::to_string(size)).digest == wanted.digest);
      CHECK(testing::StoredContent(store, wanted) == content);
    }
  }
}

TEST_CASE("a file that has other bytes than its size says is not packed") {
  // The kernel's own: their size is a page, their content a line.
  const Result<ScanResult> scanned = ScanDirectory("/sys/devices/system/cpu/cpu0/topology", {});
  REQUIRE_FALSE(scanned.ok());
  CHECK(scanned.error().kind() == ErrorKind::kCannotTell);
  CHECK(scanned.error().code() == "file_changed");
  CHECK(scanned.error().message().starts_with("/sys/devices/system/cpu/cpu0/topology/"));
}

TEST_CASE("a file that cannot be read is named") {
  const TemporaryDirectory directory;
  REQUIRE(::chmod(directory.path().c_str(), 0755) == 0);
  REQUIRE(::mkdir((directory / "sub").c_str(), 0755) == 0);
  REQUIRE(WriteFile(directory / "sub/secret", "x", 0600).ok());
  REQUIRE(::seteuid(65534) == 0);
  const Result<ScanResult> scanned = ScanDirectory(directory.path(), {.threads = 2});
  REQUIRE(::seteuid(0) == 0);
  REQUIRE_FALSE(scanned.ok());
  CHECK(scanned.error().message().starts_with((directory / "sub/secret").string()));
  CHECK(scanned.error().message().find("Permission denied") != std::string::npos);
}

TEST_CASE("only a directory is read, not a link to one") {
  const TemporaryDirectory directory;
  const std::string file = File(directory, "file", "x");
  REQUIRE(::mkdir((directory / "sub").c_str(), 0755) == 0);
  REQUIRE(Symlink("sub", directory / "link").ok());
  for (const std::string& path : {file, (directory / "link").string()}) {
    const Result<ScanResult> scanned = ScanDirectory(path, {});
    REQUIRE_FALSE(scanned.ok());
    CHECK(scanned.error().code() == "not_a_directory");
  }
  CHECK(ScanDirectory(directory / "missing", {}).error().kind() == ErrorKind::kNotFound);
  for (const std::size_t threads : {0U, 65U})
    CHECK(ScanDirectory(directory.path(), {.threads = threads}).error().code() == "bad_threads");
}

TEST_CASE("stops when asked to") {
  const TemporaryDirectory directory;
  File(directory, "file", "x");
  std::stop_source stop;
  stop.request_stop();
  const Result<ScanResult> scanned = ScanDirectory(directory.path(), {}, stop.get_token());
  REQUIRE_FALSE(scanned.ok());
  CHECK(scanned.error().kind() == ErrorKind::kUnavailable);
  CHECK(scanned.error().code() == "cancelled");
}

TEST_SUITE_END();

}  // namespace powernode::mount::composefs::directory_scan_test

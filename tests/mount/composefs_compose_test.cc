// Composefs modules in the union, on this machine's kernel. What fs-verity adds is tested in a
// virtual machine (tests/vm/composefs_test.py), since not every kernel that runs these has it.
#include <doctest/doctest.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "agent/base/clock.h"
#include "agent/base/files.h"
#include "agent/base/syscalls.h"
#include "mount/compose.h"
#include "mount/layer.h"
#include "mount/mount_table.h"
#include "mount/object_puller.h"
#include "mount/overlay.h"
#include "tests/mount/composefs_module.h"
#include "tests/mount/test_node.h"

namespace powernode::mount::composefs_compose_test {
namespace {

using testing::ComposefsModule;
using testing::Content;
using testing::MountInfo;
using testing::TestNode;

const KernelFeatures& Features() {
  static const KernelFeatures features = ProbeKernelFeatures();
  return features;
}

KernelFeatures WithoutAppending() {
  KernelFeatures features = Features();
  features.append_lowers = features.append_data = false;
  return features;
}

// A node with an object store and a puller that has nowhere to pull from.
class ComposefsNode : public TestNode {
 public:
  ComposefsNode() { REQUIRE(store_.Prepare().ok()); }

  const ObjectStore& store() const { return store_; }
  ComposefsModule Module() const { return ComposefsModule(store_); }

  CompleteObjects Complete(const verify::VerifiedImage& image) {
    const ObjectPuller puller(store_, nullptr, SystemClock(), {.floor_mib = 0});
    Result<CompleteObjects> complete = puller.Complete(image, "m", {});
    REQUIRE_MESSAGE(complete.ok(), complete.error().message());
    return *complete;
  }

  LayerRequest ComposefsFrom(const std::string& id, std::int64_t priority,
                             const std::string& image) {
    LayerRequest layer = LayerFrom(id, priority, image);
    layer.objects = Complete(layer.image);
    return layer;
  }

  LayerRequest Composefs(const std::string& id, std::int64_t priority, ComposefsModule& module) {
    const std::string image = *this / (id + ".cfs");
    module.Write(image);
    return ComposefsFrom(id, priority, image);
  }

 private:
  ObjectStore store_{paths().objects};
};

template <typename... Layers>
std::vector<LayerRequest> List(Layers... layers) {
  std::vector<LayerRequest> list;
  (list.push_back(std::move(layers)), ...);
  return list;
}

Composition MustCompose(const TestNode& node, const KernelFeatures& features,
                        std::vector<LayerRequest> layers) {
  Result<Composition> composition =
      Compose(node.paths(), features, node.Request(std::move(layers)));
  REQUIRE_MESSAGE(composition.ok(), composition.error().message());
  const Status committed = composition->Commit();
  REQUIRE_MESSAGE(committed.ok(), committed.error().message());
  return *std::move(composition);
}

Error MustRefuse(const TestNode& node, const KernelFeatures& features, ComposeRequest request) {
  REQUIRE(MakeDirectories(node.paths().layers, 0755).ok());
  const std::string mounts = MountInfo();
  const Result<Composition> refused = Compose(node.paths(), features, std::move(request));
  REQUIRE_FALSE(refused.ok());
  CHECK(MountInfo() == mounts);
  CHECK(node.LoopDevices().empty());
  return refused.error();
}

std::string Attribute(const std::string& path, const char* name) {
  std::array<char, 256> value;
  const ssize_t size = ::lgetxattr(path.c_str(), name, value.data(), value.size());
  return size < 0 ? "errno " + std::to_string(errno)
                  : std::string(value.data(), static_cast<std::size_t>(size));
}

std::vector<std::string> Names(const std::string& directory) {
  std::vector<std::string> names = ListDirectory(directory).value();
  std::ranges::sort(names);
  return names;
}

}  // namespace

TEST_CASE("a composefs module alone is a root with all its files, with either interface") {
  for (const KernelFeatures& features : {Features(), WithoutAppending()}) {
    CAPTURE(features.append_data);
    ComposefsNode node;
    ComposefsModule module = node.Module();
    module.File("etc/os-release", "ID=test\n", {{.name = "user.note", .value = "kept"}})
        .File("usr/bin/large", std::string(100'000, 'x'))
        .File("empty", "")
        .Link("usr/bin/again", "usr/bin/large")
        .Symlink("bin", "usr/bin");
    const Composition composition =
        MustCompose(node, features, List(node.Composefs("m", 1, module)));

    const std::string root = node.target();
    CHECK(Names(root) == std::vector<std::string>{"bin", "empty", "etc", "usr"});
    CHECK(Content(root + "/etc/os-release") == "ID=test\n");
    CHECK(Content(root + "/bin/large") == std::string(100'000, 'x'));
    CHECK(Attribute(root + "/etc/os-release", "user.note") == "kept");
    CHECK(Stat(root + "/usr/bin/large")->st_nlink == 2);
    CHECK(Stat(root + "/usr/bin/large")->st_ino == Stat(root + "/usr/bin/again")->st_ino);
    REQUIRE(composition.layers().size() == 1);
    CHECK(composition.layers()[0].enforcement == Enforcement::kWhenStored);  // nothing else proven

    const Result<MountTable> table = MountTable::Read();
    REQUIRE(table.ok());
    const MountEntry* entry = table->FindAt(root);
    REQUIRE(entry != nullptr);
    const OverlayDirectories shown = ParseOverlayOptions(entry->fs_options, node.paths().layers);
    CHECK(shown.data == std::vector<std::string>{node.paths().objects});
    CHECK(table->UsedByOverlay(node.paths().objects));
  }
}

TEST_CASE("composefs and plain modules overlap in the order of their priorities") {
  for (const KernelFeatures& features : {Features(), WithoutAppending()}) {
    ComposefsNode node;
    ComposefsModule low = node.Module();
    low.File("a", "low").File("b", "low").File("d", "low").File("etc/low", "low");
    ComposefsModule high = node.Module();
    high.File("a", "high").File("c", "high").File("etc/high", "high");
    MustCompose(
        node, features,
        List(node.Composefs("high", 3, high), node.Composefs("low", 1, low),
             node.Layer("plain", 2, {{"a", "plain"}, {"b", "plain"}, {"etc/plain", "plain"}})));
    const std::string root = node.target();
    CHECK(Content(root + "/a") == "high");
    CHECK(Content(root + "/b") == "plain");
    CHECK(Content(root + "/c") == "high");
    CHECK(Content(root + "/d") == "low");
    CHECK(Names(root + "/etc") == std::vector<std::string>{"high", "low", "plain"});
  }
}

TEST_CASE("two modules with the same bytes in a file share its object") {
  ComposefsNode node;
  ComposefsModule one = node.Module();
  one.File("one", "shared bytes");
  ComposefsModule two = node.Module();
  two.File("two", "shared bytes");
  LayerRequest first = node.Composefs("one", 1, one);
  LayerRequest second = node.Composefs("two", 2, two);
  CHECK(node.store().List()->size() == 1);
  MustCompose(node, Features(), List(std::move(first), std::move(second)));
  CHECK(Content(node.target() + "/one") == "shared bytes");
  CHECK(Content(node.target() + "/two") == "shared bytes");
}

TEST_CASE("a whiteout hides what lower modules have, and a higher module may bring it back") {
  for (const KernelFeatures& features : {Features(), WithoutAppending()}) {
    ComposefsNode node;
    ComposefsModule hiding = node.Module();
    hiding.Whiteout("etc/gone").Whiteout("etc/back").Whiteout("dir").File("etc/kept", "kept");
    ComposefsModule high = node.Module();
    high.File("etc/back", "back");
    MustCompose(
        node, features,
        List(node.Layer("low", 1, {{"etc/gone", "x"}, {"etc/back", "x"}, {"dir/file", "x"}}),
             node.Composefs("hiding", 2, hiding), node.Composefs("high", 3, high)));
    const std::string root = node.target();
    CHECK(Names(root) == std::vector<std::string>{"etc"});
    CHECK(Names(root + "/etc") == std::vector<std::string>{"back", "kept"});
    CHECK_FALSE(Exists(root + "/etc/gone"));
    CHECK_FALSE(Exists(root + "/dir/file"));
    CHECK(Content(root + "/etc/back") == "back");
  }
}

TEST_CASE("the directory of a whiteout is shown with its module's metadata") {
  ComposefsNode node;
  ComposefsModule hiding = node.Module();
  hiding.Whiteout("etc/gone").Own("etc", 1000, 1001);
  MustCompose(node, Features(), List(node.Composefs("hiding", 2, hiding)));
  const Result<struct stat> etc = Stat(node.target() + "/etc");
  REQUIRE(etc.ok());
  CHECK(etc->st_uid == 1000);
  CHECK(etc->st_gid == 1001);
  CHECK((etc->st_mode & 07777) == 0755);
  CHECK(etc->st_mtime == 1'700'000'000);
}

TEST_CASE("an opaque directory hides all that lower modules have in it") {
  ComposefsNode node;
  ComposefsModule module = node.Module();
  module.Directory("srv").File("srv/own", "own").Set("srv", "trusted.overlay.opaque", "y");
  MustCompose(node, Features(),
              List(node.Layer("low", 1, {{"srv/low", "x"}, {"etc/low", "low"}}),
                   node.Composefs("m", 2, module)));
  CHECK(Names(node.target() + "/srv") == std::vector<std::string>{"own"});
  CHECK(Content(node.target() + "/etc/low") == "low");
}

TEST_CASE("files of a composefs module can be changed: owner, content, name") {
  ComposefsNode node;
  ComposefsModule module = node.Module();
  module.File("etc/owned", "owned").File("etc/written", "before").File("etc/moved/file", "moved");
  MustCompose(node, Features(), List(node.Composefs("m", 1, module)));
  const std::string root = node.target();
  CHECK(::chown((root + "/etc").c_str(), 1000, 1000) == 0);
  CHECK(::chown((root + "/etc/owned").c_str(), 1000, 1000) == 0);
  CHECK(Content(root + "/etc/owned") == "owned");
  CHECK(Stat(root + "/etc/owned")->st_uid == 1000);
  CHECK(AppendFile(root + "/etc/written", " and after", 0644).ok());
  CHECK(Content(root + "/etc/written") == "before and after");
  CHECK(::rename((root + "/etc/moved").c_str(), (root + "/there").c_str()) == 0);
  CHECK(Content(root + "/there/file") == "moved");
  CHECK(Unlink(root + "/etc/owned").ok());
  CHECK_FALSE(Exists(root + "/etc/owned"));
}

TEST_CASE("a container's overlay still mounts on a root of composefs modules") {
  ComposefsNode node;
  ComposefsModule module = node.Module();
  module.File("top", "from an object");
  MustCompose(node, Features(), List(node.Composefs("m", 1, module)));
  const std::string work = node / "container";
  for (const char* name : {"/upper", "/work", "/merged"})
    REQUIRE(MakeDirectories(work + name, 0755).ok());
  const std::string options =
      "lowerdir=" + node.target() + ",upperdir=" + work + "/upper,workdir=" + work + "/work";
  REQUIRE(::mount("overlay", (work + "/merged").c_str(), "overlay", 0, options.c_str()) == 0);
  CHECK(Content(work + "/merged/top") == "from an object");
  CHECK(::umount((work + "/merged").c_str()) == 0);
}

TEST_CASE("a composefs image is mounted only with its own objects") {
  ComposefsNode node;
  ComposefsModule module = node.Module();
  module.File("a", "a");
  ComposefsModule other = node.Module();
  other.File("b", "b");
  const LayerRequest other_layer = node.Composefs("other", 2, other);
  LayerRequest layer = node.Composefs("m", 1, module);
  const char* code = "";
  SUBCASE("nobody looked") {
    layer.objects.reset();
    code = "objects_not_proven";
  }
  SUBCASE("another image's") {
    layer.objects = other_layer.objects;
    code = "objects_of_another_image";
  }
  const Error error = MustRefuse(node, Features(), node.Request(List(std::move(layer))));
  CHECK(error.code() == code);
  CHECK(error.message().find("mount module module m: ") != std::string::npos);
}

TEST_CASE("an object that is missing is found before anything is mounted") {
  ComposefsNode node;
  ComposefsModule module = node.Module();
  module.File("a", "the only object");
  const std::string image = node / "m.cfs";
  module.Write(image);
  REQUIRE(node.store().Remove(node.store().List()->front().digest).ok());
  const ObjectPuller puller(node.store(), nullptr, SystemClock(), {.floor_mib = 0});
  const Result<CompleteObjects> incomplete = puller.Complete(node.Verified(image), "m", {});
  REQUIRE_FALSE(incomplete.ok());
  CHECK(incomplete.error().code() == "objects_not_stored");
}

TEST_CASE("a module with a directory of the object store's form at its root is refused") {
  ComposefsNode node;
  SUBCASE("plain EROFS") {
    LayerRequest hostile = node.Layer("m", 1, {{"ab/cdef", "other bytes"}});
    const Error error = MustRefuse(node, Features(), node.Request(List(std::move(hostile))));
    CHECK(error.kind() == ErrorKind::kRefuted);
    CHECK(error.code() == "reserved_name");
    CHECK(error.message().find("\"ab\"") != std::string::npos);
  }
  SUBCASE("composefs") {
    ComposefsModule hostile = node.Module();
    hostile.File("0f/file", "other bytes");
    LayerRequest layer = node.Composefs("m", 1, hostile);
    const Error error = MustRefuse(node, Features(), node.Request(List(std::move(layer))));
    CHECK(error.code() == "reserved_name");
  }
  SUBCASE("a file, a link and a name in capitals are not directories of the store") {
    LayerRequest file = node.Layer("f", 1, {{"ab", "a file"}});
    const Error error = MustRefuse(node, Features(), node.Request(List(std::move(file))));
    CHECK(error.code() == "reserved_name");
    MustCompose(node, Features(), List(node.Layer("m", 1, {{"AB/cd", "x"}, {"abc/cd", "x"}})));
    CHECK(Content(node.target() + "/AB/cd") == "x");
  }
}

TEST_CASE("without the guard, such a directory would replace a higher module's bytes (MO-16)") {
  ComposefsNode node;
  ComposefsModule module = node.Module();
  module.File("victim", "signed bytes");
  LayerRequest layer = node.Composefs("m", 2, module);
  const std::string object = ObjectStore::NameOf(node.store().List()->front().digest);
  const std::string hostile = node / "hostile";
  REQUIRE(MakeDirectories(DirectoryOf(hostile + "/" + object), 0755).ok());
  REQUIRE(WriteFile(hostile + "/" + object, "hostile byte", 0644).ok());

  const Result<MountTable> table = MountTable::Read();
  REQUIRE(table.ok());
  MountUndo undo;
  const LayerJob jobs[] = {{.name = "m", .image = &layer.image, .format = ImageFormat::kComposefs}};
  REQUIRE(MakeDirectories(node.paths().layers, 0755).ok());
  REQUIRE(MountLayers(node.paths(), Features(), *table, jobs, undo).ok());
  const Result<Scratch> scratch = MountScratch(node.paths().scratch, 16, *table, undo);
  REQUIRE(scratch.ok());
  const UnionPlan plan{.layers_directory = node.paths().layers,
                       .lowers = {LayerPath(node.paths(), layer.image.digest()), hostile},
                       .objects = node.paths().objects,
                       .scratch = *scratch};
  REQUIRE(MountUnion(plan, Features(), undo).ok());
  CHECK(Content(scratch->staging + "/victim") == "hostile byte");
  CHECK(undo.Run().ok());
}

TEST_CASE("verity=require reaches the kernel and is read back, with either interface") {
  if (!Features().overlay_verity) return;
  for (const KernelFeatures& features : {Features(), WithoutAppending()}) {
    ComposefsNode node;
    ComposefsModule module = node.Module();
    module.File("in-an-object", "bytes").File("empty", "");
    LayerRequest layer = node.Composefs("m", 1, module);
    const Result<MountTable> before = MountTable::Read();
    REQUIRE(before.ok());
    MountUndo undo;
    const LayerJob jobs[] = {
        {.name = "m", .image = &layer.image, .format = ImageFormat::kComposefs}};
    REQUIRE(MakeDirectories(node.paths().layers, 0755).ok());
    REQUIRE(MountLayers(node.paths(), features, *before, jobs, undo).ok());
    const Result<Scratch> scratch = MountScratch(node.paths().scratch, 16, *before, undo);
    REQUIRE(scratch.ok());
    UnionPlan plan{.layers_directory = node.paths().layers,
                   .lowers = {LayerPath(node.paths(), layer.image.digest())},
                   .objects = node.paths().objects,
                   .require_verity = true,
                   .scratch = *scratch};
    const Status mounted = MountUnion(plan, features, undo);
    REQUIRE_MESSAGE(mounted.ok(), mounted.error().message());
    const Result<MountTable> after = MountTable::Read();
    REQUIRE(after.ok());
    const MountEntry* entry = after->FindAt(scratch->staging);
    REQUIRE(entry != nullptr);
    CHECK(ShowsPlan(*entry, plan));
    plan.require_verity = false;
    CHECK_FALSE(ShowsPlan(*entry, plan));
    // The object has no fs-verity: the kernel does not open it, and nothing else is affected.
    const Result<std::string> bytes = ReadFile(scratch->staging + "/in-an-object", 100);
    REQUIRE_FALSE(bytes.ok());
    CHECK(bytes.error().system_errno() == EIO);
    CHECK(ReadFile(scratch->staging + "/empty", 100).ok());
    CHECK(undo.Run().ok());
  }
}

TEST_CASE("what the kernel cannot do is refused by name and version") {
  ComposefsNode node;
  ComposefsModule module = node.Module();
  module.File("a", "a");
  ComposeRequest request = node.Request(List(node.Composefs("m", 1, module)));
  KernelFeatures features = Features();
  const char* version = "";
  SUBCASE("no data-only layers") {
    features.data_lowers = false;
    version = "Linux 6.5";
  }
  SUBCASE("no verity, which is required") {
    features.overlay_verity = false;
    request.verity = verify::VerityMode::kRequire;
    version = "Linux 6.6";
  }
  const Error error = MustRefuse(node, features, std::move(request));
  CHECK(error.kind() == ErrorKind::kUnsupported);
  CHECK(error.code() == "kernel_too_old");
  CHECK(error.message().find("mount module module m: ") != std::string::npos);
  CHECK(error.message().find(version) != std::string::npos);
}

TEST_CASE("without verity in the kernel, auto composes and says what holds; require refuses") {
  ComposefsNode node;
  ComposefsModule module = node.Module();
  module.File("a", "a");
  const std::string image = node / "m.cfs";
  module.Write(image);
  LayerRequest layer = node.ComposefsFrom("m", 1, image);
  REQUIRE_FALSE(layer.objects->kernel_verity());  // nobody asked for it
  ComposeRequest required = node.Request(List(std::move(layer)));
  required.verity = verify::VerityMode::kRequire;
  CHECK(MustRefuse(node, Features(), std::move(required)).code() == "verity_required");

  KernelFeatures features = Features();
  features.overlay_verity = false;
  const Composition composition =
      MustCompose(node, features, List(node.ComposefsFrom("m", 1, image)));
  CHECK(composition.layers()[0].enforcement == Enforcement::kWhenStored);
}

TEST_CASE("without fs-verity, nothing is said to be kernel enforced") {
  ComposefsNode node;
  ComposefsModule module = node.Module();
  module.File("a", "a");
  const std::string image = node / "m.cfs";
  module.Write(image);
  const verify::VerifiedImage proven = node.Verified(image);
  const std::string mountpoint =
      MustCompose(node, Features(), List(node.ComposefsFrom("m", 1, image))).layers()[0].mountpoint;
  const Result<MountTable> table = MountTable::Read();
  REQUIRE(table.ok());
  const MountEntry* overlay = table->FindAt(node.target());
  REQUIRE(overlay != nullptr);
  const Result<verify::ImageVerity> digest = verify::ImageVerity::Parse(proven.report().fsverity);
  REQUIRE(digest.ok());
  CHECK(EnforcementOf(*table, *overlay, mountpoint, node.paths(), proven.fd(), *digest) ==
        Enforcement::kWhenStored);
}

TEST_CASE("a second run finds the union of composefs modules and mounts nothing") {
  ComposefsNode node;
  ComposefsModule module = node.Module();
  module.File("a", "a").Whiteout("gone");
  const std::string image = node / "m.cfs";
  module.Write(image);
  MustCompose(node, Features(), List(node.ComposefsFrom("m", 1, image)));
  const std::string mounts = MountInfo();
  Result<Composition> second =
      Compose(node.paths(), Features(), node.Request(List(node.ComposefsFrom("m", 1, image))));
  REQUIRE_MESSAGE(second.ok(), second.error().message());
  CHECK(second->already_mounted());
  CHECK(second->layers()[0].reused);
  CHECK(MountInfo() == mounts);
}

TEST_CASE("a layer that was mounted before is used again, if its names are free") {
  ComposefsNode node;
  ComposefsModule module = node.Module();
  module.File("a", "a");
  const std::string image = node / "m.cfs";
  module.Write(image);
  const LayerRequest layer = node.ComposefsFrom("m", 1, image);
  const Result<MountTable> table = MountTable::Read();
  REQUIRE(table.ok());
  MountUndo undo;
  const LayerJob jobs[] = {{.name = "m", .image = &layer.image, .format = ImageFormat::kComposefs}};
  REQUIRE(MakeDirectories(node.paths().layers, 0755).ok());
  REQUIRE(MountLayers(node.paths(), Features(), *table, jobs, undo).ok());
  {
    Result<Composition> composition =
        Compose(node.paths(), Features(), node.Request(List(node.ComposefsFrom("m", 1, image))));
    REQUIRE_MESSAGE(composition.ok(), composition.error().message());
    CHECK(composition->layers()[0].reused);
  }
  CHECK(undo.Run().ok());
}

}  // namespace powernode::mount::composefs_compose_test

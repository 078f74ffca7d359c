#include "mount/compose.h"

#include <doctest/doctest.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>

#include "agent/base/files.h"
#include "agent/base/syscalls.h"
#include "mount/layer.h"
#include "mount/mount_table.h"
#include "tests/mount/test_node.h"

namespace powernode::mount::compose_test {
namespace {

using testing::Content;
using testing::Files;
using testing::MountInfo;
using testing::TestNode;

const KernelFeatures& Features() {
  static const KernelFeatures features = ProbeKernelFeatures();
  return features;
}

KernelFeatures WithoutAppending() {
  KernelFeatures features = Features();
  features.append_lowers = false;
  return features;
}

// n modules that all have `top`, and one file each of their own; the number is the priority.
std::vector<LayerRequest> Modules(TestNode& node, int count) {
  std::vector<LayerRequest> layers;
  for (int i = 0; i < count; ++i) {
    const std::string number = std::to_string(i);
    layers.push_back(node.Layer("m" + number, i, {{"top", number}, {"etc/own" + number, number}}));
  }
  return layers;
}

// Mounts one layer and nothing over it.
Status MountAlone(const TestNode& node, const verify::VerifiedImage& image, MountUndo& undo) {
  ASSIGN_OR_RETURN(const MountTable table, MountTable::Read());
  const LayerJob jobs[] = {{.name = "alone", .image = &image}};
  RETURN_IF_ERROR(MountLayers(node.paths(), Features(), table, jobs, undo));
  return Ok();
}

// What a failure must leave behind: nothing.
class Before {
 public:
  explicit Before(const TestNode& node)
      : node_(node), mounts_(MountInfo()), loops_(node.LoopDevices()) {}

  void CheckNothingLeft() const {
    CHECK(MountInfo() == mounts_);
    CHECK(node_.LoopDevices() == loops_);
  }

 private:
  const TestNode& node_;
  std::string mounts_;
  std::vector<std::string> loops_;
};

// Overwrites bytes of an image: the digest is that of the result, so it verifies.
void Patch(const std::string& image, std::uint64_t offset, std::string_view bytes) {
  const Result<Fd> fd = Open(image, O_WRONLY);
  REQUIRE(fd.ok());
  REQUIRE(PwriteAll(*fd, AsBytes(bytes), offset).ok());
}

// The super block's root node number, so large that the kernel finds no root.
void BreakRoot(const std::string& image) { Patch(image, 1024 + 14, "\xff\xff"); }

}  // namespace

TEST_CASE(
    "composes 1, 2, 32 and 100 modules in order of priority, with either interface of the kernel") {
  for (const KernelFeatures& features : {Features(), WithoutAppending()}) {
    for (const int count : {1, 2, 32, 100}) {
      CAPTURE(features.append_lowers);
      CAPTURE(count);
      TestNode node;
      std::vector<LayerRequest> layers = Modules(node, count);
      std::ranges::reverse(layers);  // the order they come in means nothing
      Result<Composition> composition =
          Compose(node.paths(), features, node.Request(std::move(layers)));
      REQUIRE_MESSAGE(composition.ok(), composition.error().message());
      CHECK(Content(node.target() + "/top").empty());  // not before the commit
      const Status committed = composition->Commit();
      REQUIRE_MESSAGE(committed.ok(), committed.error().message());
      CHECK(Content(node.target() + "/top") == std::to_string(count - 1));
      for (int i = 0; i < count; ++i)
        CHECK(Content(node.target() + "/etc/own" + std::to_string(i)) == std::to_string(i));
      CHECK(composition->layers().size() == static_cast<std::size_t>(count));
      CHECK(node.LoopDevices().size() == static_cast<std::size_t>(count));
      CHECK(composition->layers().front().module_id == "m0");

      const Result<MountTable> table = MountTable::Read();
      REQUIRE(table.ok());
      const MountEntry* entry = table->FindAt(node.target());
      REQUIRE(entry != nullptr);
      const OverlayDirectories shown = ParseOverlayOptions(entry->fs_options, node.paths().layers);
      REQUIRE(shown.lowers.size() == static_cast<std::size_t>(count));
      CHECK(shown.lowers.front() == composition->layers().back().mountpoint);
      CHECK(table->UsedByOverlay(composition->layers().front().mountpoint));
    }
  }
}

TEST_CASE("equal priorities are ordered by the lower-case id") {
  TestNode node;
  std::vector<LayerRequest> layers;
  layers.push_back(node.Layer("B", 5, {{"top", "b"}}));
  layers.push_back(node.Layer("a", 5, {{"top", "a"}}));
  layers.push_back(node.Layer("c", -5, {{"top", "c"}}));
  Result<Composition> composition =
      Compose(node.paths(), Features(), node.Request(std::move(layers)));
  REQUIRE(composition.ok());
  REQUIRE(composition->Commit().ok());
  CHECK(Content(node.target() + "/top") == "b");
}

TEST_CASE("modules with one image share one layer") {
  TestNode node;
  const std::string image = node.MakeImage({{"top", "shared"}});
  std::vector<LayerRequest> layers;
  layers.push_back(node.LayerFrom("low", 1, image));
  layers.push_back(node.Layer("middle", 2, {{"top", "middle"}}));
  layers.push_back(node.LayerFrom("high", 3, image));
  Result<Composition> composition =
      Compose(node.paths(), Features(), node.Request(std::move(layers)));
  REQUIRE_MESSAGE(composition.ok(), composition.error().message());
  REQUIRE(composition->Commit().ok());
  CHECK(Content(node.target() + "/top") == "shared");
  REQUIRE(composition->layers().size() == 3);
  CHECK(composition->layers()[0].mountpoint == composition->layers()[2].mountpoint);
}

TEST_CASE("writes go to the scratch, which is bounded; the layers stay read-only") {
  TestNode node;
  ComposeRequest request = node.Request(Modules(node, 2));
  request.scratch_mib = 1;
  Result<Composition> composition = Compose(node.paths(), Features(), std::move(request));
  REQUIRE(composition.ok());
  REQUIRE(composition->Commit().ok());
  REQUIRE(WriteFile(node.target() + "/etc/new", "written", 0644).ok());
  CHECK(Content(node.paths().scratch + "/upper/etc/new") == "written");
  const Status too_much =
      WriteFile(node.target() + "/big", std::string(2 * 1024 * 1024, 'x'), 0644);
  REQUIRE_FALSE(too_much.ok());
  CHECK(too_much.error().kind() == ErrorKind::kNoSpace);
  const Status into_layer = WriteFile(composition->layers()[0].mountpoint + "/x", "x", 0644);
  REQUIRE_FALSE(into_layer.ok());
  CHECK(into_layer.error().system_errno() == EROFS);
}

TEST_CASE(
    "the composed root is a normal one: chown without copying data, directories of a layer can be "
    "renamed") {
  TestNode node;
  Result<Composition> composition =
      Compose(node.paths(), Features(), node.Request(Modules(node, 2)));
  REQUIRE(composition.ok());
  REQUIRE(composition->Commit().ok());
  CHECK(::chown((node.target() + "/etc/own0").c_str(), 1000, 1000) == 0);
  CHECK(::rename((node.target() + "/etc").c_str(), (node.target() + "/moved").c_str()) == 0);
  CHECK(Content(node.target() + "/moved/own0") == "0");
}

TEST_CASE("a container's overlay still mounts on the composed root") {
  TestNode node;
  Result<Composition> composition =
      Compose(node.paths(), Features(), node.Request(Modules(node, 2)));
  REQUIRE(composition.ok());
  REQUIRE(composition->Commit().ok());
  const std::string work = node / "container";
  for (const char* name : {"/upper", "/work", "/merged"})
    REQUIRE(MakeDirectories(work + name, 0755).ok());
  const std::string options =
      "lowerdir=" + node.target() + ",upperdir=" + work + "/upper,workdir=" + work + "/work";
  REQUIRE(::mount("overlay", (work + "/merged").c_str(), "overlay", 0, options.c_str()) == 0);
  CHECK(Content(work + "/merged/top") == "1");
  CHECK(::umount((work + "/merged").c_str()) == 0);
}

TEST_CASE("below a shared mount, as systemd makes them, the union is committed all the same") {
  TestNode node;
  REQUIRE(::mount(nullptr, node.paths().run.c_str(), nullptr, MS_SHARED, nullptr) == 0);
  for (const KernelFeatures& features : {Features(), WithoutAppending()}) {
    const Before before(node);
    {
      Result<Composition> composition =
          Compose(node.paths(), features, node.Request(Modules(node, 2)));
      REQUIRE_MESSAGE(composition.ok(), composition.error().message());
    }
    before.CheckNothingLeft();
  }
  Result<Composition> composition =
      Compose(node.paths(), Features(), node.Request(Modules(node, 2)));
  REQUIRE(composition.ok());
  const Status committed = composition->Commit();
  CHECK_MESSAGE(committed.ok(), committed.error().message());
}

TEST_CASE("what is not committed is unmounted, in whatever way it is given up") {
  TestNode node;
  REQUIRE(MakeDirectories(node.paths().layers, 0755).ok());
  const Before before(node);
  { CHECK(Compose(node.paths(), Features(), node.Request(Modules(node, 3))).ok()); }
  before.CheckNothingLeft();

  Result<Composition> composition =
      Compose(node.paths(), Features(), node.Request(Modules(node, 3)));
  REQUIRE(composition.ok());
  CHECK(composition->Unwind().ok());
  before.CheckNothingLeft();

  Result<Composition> homeless = Compose(node.paths(), Features(), node.Request(Modules(node, 3)));
  REQUIRE(homeless.ok());
  REQUIRE(Rmdir(node.target()).ok());
  const Status committed = homeless->Commit();
  REQUIRE_FALSE(committed.ok());
  CHECK(committed.error().message().starts_with("commit the union: "));
  before.CheckNothingLeft();
  CHECK(ListDirectory(node.paths().layers)->empty());
}

TEST_CASE("a failure at any step leaves the mount table and the loop devices as they were") {
  TestNode node;
  REQUIRE(MakeDirectories(node.paths().layers, 0755).ok());
  const Before before(node);

  SUBCASE("the third image has no root the kernel could mount") {
    std::vector<LayerRequest> layers = Modules(node, 2);
    const std::string broken = node.MakeImage({{"top", "broken"}});
    BreakRoot(broken);
    layers.push_back(node.LayerFrom("m2", 2, broken));
    const Result<Composition> refused =
        Compose(node.paths(), Features(), node.Request(std::move(layers)));
    REQUIRE_FALSE(refused.ok());
    CHECK(refused.error().code() == "mount_failed");
    CHECK(refused.error().message().starts_with(
        "compose root: mount module module m2: erofs: create: "));
  }
  SUBCASE("the union cannot be mounted with this many layers") {
    const Result<Composition> refused =
        Compose(node.paths(), WithoutAppending(), node.Request(Modules(node, 130)));
    REQUIRE_FALSE(refused.ok());
    CHECK(refused.error().code() == "mount_options_too_long");
    CHECK(refused.error().message().find("Linux 6.8") != std::string::npos);
  }
  SUBCASE("the place of a layer is taken by something else") {
    std::vector<LayerRequest> layers = Modules(node, 3);
    const std::string place = LayerPath(node.paths(), layers[2].image.digest());
    REQUIRE(MakeDirectories(place, 0755).ok());
    REQUIRE(::mount("other", place.c_str(), "tmpfs", 0, nullptr) == 0);
    const Before with_other(node);
    const Result<Composition> refused =
        Compose(node.paths(), Features(), node.Request(std::move(layers)));
    REQUIRE_FALSE(refused.ok());
    CHECK(refused.error().kind() == ErrorKind::kBusy);
    CHECK(refused.error().code() == "layer_in_use");
    with_other.CheckNothingLeft();
    REQUIRE(::umount(place.c_str()) == 0);
  }
  SUBCASE("the place of a layer is taken by another image") {
    std::vector<LayerRequest> layers = Modules(node, 1);
    const std::string place = LayerPath(node.paths(), layers[0].image.digest());
    MountUndo undo;
    {
      const std::string other = node.MakeImage({{"top", "other"}});
      const verify::VerifiedImage image = node.Verified(other);
      REQUIRE(MountAlone(node, image, undo).ok());
      REQUIRE(MakeDirectories(place, 0755).ok());
      REQUIRE(::mount(LayerPath(node.paths(), image.digest()).c_str(), place.c_str(), nullptr,
                      MS_BIND, nullptr) == 0);
    }
    const Result<Composition> refused =
        Compose(node.paths(), Features(), node.Request(std::move(layers)));
    REQUIRE_FALSE(refused.ok());
    CHECK(refused.error().code() == "layer_in_use");
    REQUIRE(::umount(place.c_str()) == 0);
    REQUIRE(undo.Run().ok());
  }
  SUBCASE("there is no such target") {
    ComposeRequest request = node.Request(Modules(node, 1));
    request.target += "/missing";
    const Result<Composition> refused = Compose(node.paths(), Features(), std::move(request));
    REQUIRE_FALSE(refused.ok());
    CHECK(refused.error().kind() == ErrorKind::kNotFound);
  }
  SUBCASE("somebody else composes") {
    const Result<LockFile> other =
        LockFile::Take(node.paths().compose_lock, "compose", std::chrono::milliseconds(0));
    REQUIRE(other.ok());
    const Result<Composition> refused =
        Compose(node.paths(), Features(), node.Request(Modules(node, 1)));
    REQUIRE_FALSE(refused.ok());
    CHECK(refused.error().kind() == ErrorKind::kBusy);
    CHECK(refused.error().message().find("pid ") != std::string::npos);
  }
  before.CheckNothingLeft();
}

TEST_CASE("refuses what is no image it can mount, before anything is mounted") {
  TestNode node;
  REQUIRE(MakeDirectories(node.paths().layers, 0755).ok());
  const std::string image = node.MakeImage({{"top", "x"}, {"data", std::string(20'000, 'd')}});
  const char* code = "image_format_unknown";
  SUBCASE("text") { REQUIRE(WriteFile(image, std::string(8192, 'x'), 0600).ok()); }
  SUBCASE("empty") { REQUIRE(WriteFile(image, "", 0600).ok()); }
  SUBCASE("composefs of a later kind") {
    Patch(image, 0, std::string("\x9a\x62\x78\xd0\x02\0\0\0", 8));
    code = "composefs_version_unsupported";
  }
  SUBCASE("cut short") {
    REQUIRE(::truncate(image.c_str(), 4096) == 0);
    code = "image_truncated";
  }
  SUBCASE("blocks of another size") {
    Patch(image, 1024 + 12, "\x09");
    code = "block_size_unsupported";
  }
  const Before before(node);
  std::vector<LayerRequest> layers = Modules(node, 1);
  layers.push_back(node.LayerFrom("bad", 7, image));
  const Result<Composition> refused =
      Compose(node.paths(), Features(), node.Request(std::move(layers)));
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().code() == code);
  CHECK(refused.error().message().find("mount module module bad: ") != std::string::npos);
  before.CheckNothingLeft();
}

TEST_CASE("a second run with the same modules finds the union and mounts nothing") {
  TestNode node;
  const std::vector<std::string> images = {node.MakeImage({{"top", "0"}}),
                                           node.MakeImage({{"top", "1"}})};
  const auto request = [&] {
    std::vector<LayerRequest> layers;
    layers.push_back(node.LayerFrom("m0", 0, images[0]));
    layers.push_back(node.LayerFrom("m1", 1, images[1]));
    return node.Request(std::move(layers));
  };
  {
    Result<Composition> first = Compose(node.paths(), Features(), request());
    REQUIRE(first.ok());
    CHECK_FALSE(first->already_mounted());
    CHECK_FALSE(first->layers()[0].reused);
    REQUIRE(first->Commit().ok());
  }
  const Before before(node);
  {
    Result<Composition> second = Compose(node.paths(), Features(), request());
    REQUIRE(second.ok());
    CHECK(second->already_mounted());
    CHECK(second->layers()[1].reused);
    CHECK(second->Commit().ok());
  }
  before.CheckNothingLeft();
  CHECK(Content(node.target() + "/top") == "1");

  // Another set cannot take the scratch away from the live union.
  const Result<Composition> other =
      Compose(node.paths(), Features(), node.Request(Modules(node, 1)));
  REQUIRE_FALSE(other.ok());
  CHECK(other.error().code() == "scratch_in_use");
  before.CheckNothingLeft();
}

TEST_CASE(
    "after a run that was killed, the next one takes over its layers and leaves no more mounts "
    "than usual") {
  TestNode node;
  const std::vector<std::string> images = {node.MakeImage({{"top", "0"}}),
                                           node.MakeImage({{"top", "1"}})};
  const auto request = [&] {
    std::vector<LayerRequest> layers;
    layers.push_back(node.LayerFrom("m0", 0, images[0]));
    layers.push_back(node.LayerFrom("m1", 1, images[1]));
    return node.Request(std::move(layers));
  };
  const pid_t killed = ::fork();
  REQUIRE(killed >= 0);
  if (killed == 0) {
    const Result<Composition> composition = Compose(node.paths(), Features(), request());
    ::_exit(composition.ok() ? 0 : 1);  // no destructor runs
  }
  int status = -1;
  REQUIRE(::waitpid(killed, &status, 0) == killed);
  REQUIRE(status == 0);
  const auto lines = [](const std::string& text) { return std::ranges::count(text, '\n'); };
  const auto with_leftovers = lines(MountInfo());

  Result<Composition> composition = Compose(node.paths(), Features(), request());
  REQUIRE_MESSAGE(composition.ok(), composition.error().message());
  CHECK(composition->layers()[0].reused);
  CHECK(composition->layers()[1].reused);
  REQUIRE(composition->Commit().ok());
  CHECK(lines(MountInfo()) == with_leftovers);
  CHECK(Content(node.target() + "/top") == "1");
}

TEST_CASE("layers that were there before are not unmounted by a failure") {
  TestNode node;
  const std::string good = node.MakeImage({{"top", "good"}});
  MountUndo undo;
  REQUIRE(MakeDirectories(node.paths().layers, 0755).ok());
  REQUIRE(MountAlone(node, node.Verified(good), undo).ok());
  const Before before(node);
  const std::string broken = node.MakeImage({{"top", "broken"}});
  BreakRoot(broken);
  std::vector<LayerRequest> layers;
  layers.push_back(node.LayerFrom("good", 0, good));
  layers.push_back(node.LayerFrom("broken", 1, broken));
  CHECK_FALSE(Compose(node.paths(), Features(), node.Request(std::move(layers))).ok());
  before.CheckNothingLeft();
}

TEST_CASE("without loop devices a layer is mounted on its file, where the kernel can") {
  TestNode node;
  KernelFeatures features = Features();
  features.loop_devices = false;
  SUBCASE("it can") {
    if (!features.erofs_on_files) return;
    Result<Composition> composition =
        Compose(node.paths(), features, node.Request(Modules(node, 2)));
    REQUIRE_MESSAGE(composition.ok(), composition.error().message());
    CHECK(node.LoopDevices().empty());
    REQUIRE(composition->Commit().ok());
    CHECK(Content(node.target() + "/top") == "1");
  }
  SUBCASE("it cannot") {
    features.erofs_on_files = false;
    const Result<Composition> refused =
        Compose(node.paths(), features, node.Request(Modules(node, 1)));
    REQUIRE_FALSE(refused.ok());
    CHECK(refused.error().code() == "kernel_feature_missing");
    CHECK(refused.error().message().find("CONFIG_BLK_DEV_LOOP") != std::string::npos);
  }
}

TEST_CASE("a kernel without EROFS or overlay is named, with what it needs") {
  TestNode node;
  KernelFeatures features = Features();
  const char* words = "";
  SUBCASE("erofs") {
    features.erofs = false;
    words = "CONFIG_EROFS_FS";
  }
  SUBCASE("overlay") {
    features.overlay = false;
    words = "CONFIG_OVERLAY_FS";
  }
  const Before before(node);
  const Result<Composition> refused =
      Compose(node.paths(), features, node.Request(Modules(node, 1)));
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().kind() == ErrorKind::kUnsupported);
  CHECK(refused.error().message().find(words) != std::string::npos);
  CHECK(refused.error().message().find(features.release) != std::string::npos);
  before.CheckNothingLeft();
}

TEST_CASE("the module list itself is checked") {
  TestNode node;
  CHECK(Compose(node.paths(), Features(), node.Request({})).error().code() == "no_layers");
  std::vector<LayerRequest> twice;
  twice.push_back(node.Layer("m", 1, {{"a", "a"}}));
  twice.push_back(node.Layer("M", 2, {{"b", "b"}}));
  CHECK(Compose(node.paths(), Features(), node.Request(std::move(twice))).error().code() ==
        "duplicate_module");
}

}  // namespace powernode::mount::compose_test

#include "runtime/store_gc.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <initializer_list>
#include <optional>
#include <string>
#include <vector>

#include "agent/base/files.h"
#include "agent/base/syscalls.h"
#include "mount/blob_store.h"
#include "mount/object_store.h"
#include "mount/store_lease.h"
#include "runtime/breadcrumb.h"
#include "runtime/last_known_good.h"
#include "runtime/staged_set.h"
#include "tests/mount/composefs/images.h"
#include "tests/mount/sample_objects.h"
#include "tests/runtime/sample.h"
#include "tests/support/temporary_directory.h"

namespace powernode::runtime::store_gc_test {
namespace {

using powernode::testing::AddObjects;
using powernode::testing::ObjectOf;
using testing::SampleModule;

constexpr std::int64_t kNow = 1'800'000'000;
constexpr std::int64_t kDay = 24 * 3600;

// A composefs image of files with these contents, each an object.
std::string ImageWith(std::initializer_list<std::string_view> contents) {
  mount::composefs::Node root;
  root.mode = S_IFDIR | 0755;
  Result<mount::composefs::Tree> tree = mount::composefs::Tree::WithRoot(root);
  REQUIRE(tree);
  int number = 0;
  for (const std::string_view content : contents) {
    mount::composefs::Node file;
    file.mode = S_IFREG | 0644;
    file.size = content.size();
    file.digest = ObjectOf(content).digest;
    file.payload = mount::ObjectStore::NameOf(*file.digest);
    REQUIRE(tree->Add(tree->root(), "file" + std::to_string(number++), std::move(file)));
  }
  const Result<std::string> image = powernode::testing::ImageOf(*std::move(tree));
  REQUIRE(image);
  return *image;
}

// A node with a store, and a mount table that says what the test wants.
class Node {
 public:
  Node() {
    REQUIRE(blobs.Prepare());
    REQUIRE(MakeDirectories(paths.run, 0755));
    REQUIRE(MakeDirectories(paths.compose_state, 0700));
    Mounted("ext4", "/");
  }

  // A module with that image, stored at a given age.
  ComposedModule Store(const std::string& id, const std::string& image, int age_days = 1) const {
    ComposedModule module = SampleModule(id, 1);
    const verify::BlobDigest digest = verify::BlobDigest::Of(image);
    module.digest = digest.ToString();
    module.size = image.size();
    REQUIRE(WriteFile(blobs.PathOf(digest), image, 0444));
    REQUIRE(blobs.WriteSignature(digest, "signature"));
    Age(blobs.PathOf(digest), age_days);
    return module;
  }
  void StoreObject(const std::string& content, int age_days = 1) const {
    AddObjects(objects, {content});
    Age(objects.PathOf(ObjectOf(content).digest), age_days);
  }
  void Age(const std::string& path, int days) const {
    const timespec time{.tv_sec = kNow - days * kDay, .tv_nsec = 0};
    const timespec times[] = {time, time};
    REQUIRE(::utimensat(AT_FDCWD, path.c_str(), times, 0) == 0);
  }

  void Runs(std::vector<ComposedModule> modules) const {
    REQUIRE(WriteBreadcrumb(paths, Crumb(std::move(modules))));
  }
  void WasGood(std::vector<ComposedModule> modules) const {
    REQUIRE(Promote(paths, Crumb(std::move(modules)), kNow));
  }
  void Mounted(const std::string& type, const std::string& target) {
    const std::string number = std::to_string(++mounts_);
    table_ += number + " 1 0:" + number + " / " + target + " ro - " + type + " none ro\n";
    REQUIRE(WriteFile(mount_table, table_, 0644));
  }

  Result<GcOutcome> Run(Collect collect = Collect::kRemove,
                        std::optional<StoreLimits> limits = std::nullopt,
                        std::span<const Composition> wanted = {}) const {
    return CollectGarbage({.paths = paths,
                           .wanted = wanted,
                           .limits = limits,
                           .collect = collect,
                           .mount_table = mount_table},
                          kNow);
  }
  bool Has(const ComposedModule& module) const {
    const verify::BlobDigest digest = *verify::BlobDigest::Parse(module.digest);
    const bool blob = Exists(blobs.PathOf(digest));
    CHECK(blob == Exists(blobs.SignaturePathOf(digest)));
    return blob;
  }
  bool Has(const std::string& content) const { return *objects.Has(ObjectOf(content).digest); }

 private:
  Breadcrumb Crumb(std::vector<ComposedModule> modules) const {
    return {.composition = {.modules = std::move(modules), .revision = ++revision_},
            .boot_id = *BootId(paths)};
  }

  powernode::testing::TemporaryDirectory directory_;
  std::string table_;
  int mounts_ = 10;
  mutable std::int64_t revision_ = 0;

 public:
  const Paths paths = Paths::Below(directory_.path().string());
  const std::string mount_table = directory_ / "mountinfo";
  const mount::BlobStore blobs{paths, 0};
  const mount::ObjectStore objects{paths.objects};
};

TEST_SUITE_BEGIN("store gc");

TEST_CASE("what runs, was good twice, is staged or wanted stays; everything else goes") {
  const Node node;
  const ComposedModule oldest = node.Store("a", "oldest");
  const ComposedModule good = node.Store("a", "good");
  const ComposedModule running = node.Store("a", "running");
  const ComposedModule staged = node.Store("a", "staged");
  const ComposedModule wanted = node.Store("a", "wanted");
  const ComposedModule nobodys = node.Store("a", "nobody's");
  node.WasGood({oldest});
  node.WasGood({good});
  node.Runs({running});
  REQUIRE(Stage(node.paths, {.modules = {staged}}, kNow));
  const Composition next{.modules = {wanted}};

  const Result<GcOutcome> done = node.Run(Collect::kRemove, std::nullopt, std::span(&next, 1));
  REQUIRE(done);
  CHECK(done->removable.size() == 1);
  CHECK(done->bytes > 0);
  CHECK_FALSE(node.Has(nobodys));
  for (const ComposedModule& kept : {oldest, good, running, staged, wanted}) CHECK(node.Has(kept));
}

TEST_CASE("the objects of every kept image stay, however old, and no others") {
  const Node node;
  for (const char* content : {"shared", "old", "new", "nobody's"}) node.StoreObject(content, 100);
  node.WasGood({node.Store("a", ImageWith({"shared", "old"}))});
  node.Runs({node.Store("a", ImageWith({"shared", "new"})), node.Store("b", "no composefs")});
  const ComposedModule gone = node.Store("a", ImageWith({"nobody's"}));
  REQUIRE(node.Run());
  for (const char* content : {"shared", "old", "new"}) CHECK(node.Has(content));
  CHECK_FALSE(node.Has("nobody's"));
  CHECK_FALSE(node.Has(gone));
}

TEST_CASE("a mounted layer keeps its blob and its objects, whatever the records say") {
  Node node;
  node.StoreObject("mounted");
  const ComposedModule mounted = node.Store("a", ImageWith({"mounted"}));
  const ComposedModule other = node.Store("b", "other");
  const std::string digits = mounted.digest.substr(std::string("sha256:").size(), 32);
  node.Mounted("erofs", "/sysroot/run/layers/" + digits);
  node.Mounted("ext4", "/x/" + other.digest.substr(std::string("sha256:").size(), 32));
  REQUIRE(node.Run());
  CHECK(node.Has(mounted));
  CHECK(node.Has("mounted"));
  CHECK_FALSE(node.Has(other));
}

TEST_CASE("a plan removes nothing, and lists the oldest first") {
  const Node node;
  node.StoreObject("middle", 20);
  const ComposedModule oldest = node.Store("a", "oldest", 30);
  const ComposedModule newest = node.Store("a", "newest", 10);
  const Result<GcOutcome> plan = node.Run(Collect::kPlan);
  REQUIRE(plan);
  REQUIRE(plan->removable.size() == 3);
  CHECK(plan->removable[0].name == "blobs/sha256_" + oldest.digest.substr(7));
  CHECK(plan->removable[1].name ==
        "objects/" + mount::ObjectStore::NameOf(ObjectOf("middle").digest));
  CHECK(plan->removable[2].name == "blobs/sha256_" + newest.digest.substr(7));
  CHECK(plan->bytes ==
        plan->removable[0].bytes + plan->removable[1].bytes + plan->removable[2].bytes);
  CHECK(node.Has(oldest));
  CHECK(node.Has("middle"));
}

TEST_CASE("within its limits the store keeps what nobody needs now") {
  const Node node;
  const ComposedModule nobodys = node.Store("a", "nobody's");
  const Result<GcOutcome> done =
      node.Run(Collect::kRemove, StoreLimits{.floor_mib = 0, .budget_mib = 100});
  REQUIRE(done);
  CHECK(done->removable.empty());
  CHECK(node.Has(nobodys));
}

TEST_CASE("over its budget it gives up the oldest, and no more than it must") {
  const Node node;
  const std::string mebibyte(1 << 20, 'x');
  const ComposedModule oldest = node.Store("a", "1" + mebibyte, 30);
  const ComposedModule middle = node.Store("a", "2" + mebibyte, 20);
  const ComposedModule newest = node.Store("a", "3" + mebibyte, 10);
  const ComposedModule running = node.Store("a", "4" + mebibyte, 40);
  node.Runs({running});
  SUBCASE("for what is here") {
    REQUIRE(node.Run(Collect::kRemove, StoreLimits{.budget_mib = 4}));
    CHECK_FALSE(node.Has(oldest));
    CHECK(node.Has(middle));
  }
  SUBCASE("for what is to come as well") {
    ComposedModule wanted = SampleModule("b", 1);
    wanted.size = 1 << 20;
    const Composition next{.modules = {wanted}};
    REQUIRE(node.Run(Collect::kRemove, StoreLimits{.budget_mib = 4}, std::span(&next, 1)));
    CHECK_FALSE(node.Has(oldest));
    CHECK_FALSE(node.Has(middle));
  }
  SUBCASE("a budget that what is needed does not fit into takes nothing of that") {
    REQUIRE(node.Run(Collect::kRemove, StoreLimits{.budget_mib = 1}));
    CHECK_FALSE(node.Has(newest));
    CHECK(node.Has(running));
    return;
  }
  CHECK(node.Has(newest));
  CHECK(node.Has(running));
}

TEST_CASE("below the floor of free space it gives up what nobody needs") {
  const Node node;
  const ComposedModule nobodys = node.Store("a", "nobody's");
  const ComposedModule running = node.Store("a", "running");
  node.Runs({running});
  constexpr std::uint64_t kMoreThanThereIs = std::uint64_t{1} << 30;  // MiB
  REQUIRE(node.Run(Collect::kRemove, StoreLimits{.floor_mib = kMoreThanThereIs}));
  CHECK_FALSE(node.Has(nobodys));
  CHECK(node.Has(running));
}

TEST_CASE("a download goes when nobody has gone on with it for a week") {
  const Node node;
  const verify::BlobDigest old = verify::BlobDigest::Of("old");
  const verify::BlobDigest young = verify::BlobDigest::Of("young");
  for (const verify::BlobDigest& digest : {old, young}) {
    REQUIRE(WriteFile(node.blobs.PartPathOf(digest), "half", 0600));
    REQUIRE(WriteFile(node.blobs.PartMetaPathOf(digest), "meta", 0600));
    node.Age(node.blobs.PartMetaPathOf(digest), 30);
  }
  node.Age(node.blobs.PartPathOf(old), 8);
  node.Age(node.blobs.PartPathOf(young), 6);
  REQUIRE(node.Run());
  CHECK_FALSE(Exists(node.blobs.PartPathOf(old)));
  CHECK_FALSE(Exists(node.blobs.PartMetaPathOf(old)));
  CHECK(Exists(node.blobs.PartPathOf(young)));
  CHECK(Exists(node.blobs.PartMetaPathOf(young)));
}

TEST_CASE("while somebody pulls, nothing is removed") {
  const Node node;
  const ComposedModule nobodys = node.Store("a", "nobody's");
  {
    const Result<mount::StoreLease> pull = mount::StoreLease::ToPull(node.paths, "a pull");
    REQUIRE(pull);
    CHECK(node.Run().error().code() == "locked");
    CHECK(node.Run(Collect::kPlan).error().code() == "locked");
    CHECK(node.Has(nobodys));
  }
  CHECK(node.Run());
  CHECK_FALSE(node.Has(nobodys));
}

TEST_CASE("a record that cannot be read, or no mount table, and nothing is removed") {
  const Node node;
  const ComposedModule nobodys = node.Store("a", "nobody's");
  node.StoreObject("nobody's");
  node.WasGood({node.Store("a", "older")});
  node.WasGood({node.Store("a", "good")});
  node.Runs({node.Store("a", "running")});
  REQUIRE(Stage(node.paths, {.modules = {node.Store("a", "staged")}}, kNow));
  std::string broken;
  std::string before;
  SUBCASE("lkg") { broken = node.paths.compose_state + "/lkg.json"; }
  SUBCASE("lkg.prev") { broken = node.paths.compose_state + "/lkg.prev.json"; }
  SUBCASE("staged") { broken = node.paths.compose_state + "/staged.json"; }
  SUBCASE("running") { broken = node.paths.composed; }
  SUBCASE("mount table") {
    broken = node.mount_table;
    before = *ReadFile(broken, 1000);
  }
  CAPTURE(broken);
  REQUIRE(WriteFile(broken, before + "no such thing\n", 0644));
  const Result<GcOutcome> refused = node.Run();
  REQUIRE_FALSE(refused);
  CHECK(refused.error().message().find("nothing is removed") != std::string::npos);
  CHECK(node.Has(nobodys));
  CHECK(node.Has("nobody's"));
  CHECK(*ReadFile(broken, 1000) == before + "no such thing\n");  // left as it is
}

TEST_CASE("an image that cannot be read keeps every object, and says so") {
  const Node node;
  node.StoreObject("nobody's");
  const ComposedModule nobodys = node.Store("b", "nobody's");
  std::string image = ImageWith({"needed"});
  image.resize(image.size() / 2);
  node.Runs({node.Store("a", image)});
  const Result<GcOutcome> done = node.Run();
  REQUIRE(done);
  REQUIRE(done->kept_all);
  CHECK(done->kept_all->message().find("objects of the kept image") != std::string::npos);
  CHECK(node.Has("nobody's"));
  CHECK_FALSE(node.Has(nobodys));
}

TEST_CASE("what a batch that died has left goes too") {
  const Node node;
  REQUIRE(node.objects.Prepare());
  const std::string left = node.paths.objects + "/.incoming-1-2";
  REQUIRE(MakeDirectories(left, 0700));
  REQUIRE(WriteFile(left + "/0", "x", 0444));
  REQUIRE(node.Run(Collect::kPlan));
  CHECK(Exists(left));
  REQUIRE(node.Run());
  CHECK_FALSE(Exists(left));
}

TEST_CASE("a node without a store has nothing to remove") {
  const powernode::testing::TemporaryDirectory root;
  const Paths paths = Paths::Below(root.path().string());
  const Result<GcOutcome> done = CollectGarbage({.paths = paths, .limits = std::nullopt}, kNow);
  REQUIRE(done);
  CHECK(done->removable.empty());
  CHECK_FALSE(Exists(paths.cache));
}

TEST_SUITE_END();

}  // namespace
}  // namespace powernode::runtime::store_gc_test

#include "mount/store_check.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "agent/base/files.h"
#include "agent/base/syscalls.h"
#include "mount/blob_listing.h"
#include "mount/blob_store.h"
#include "tests/mount/sample_objects.h"
#include "tests/support/temporary_directory.h"

namespace powernode::mount::store_check_test {
namespace {

using testing::AddObjects;
using testing::ObjectOf;

class Cache {
 public:
  Cache() {
    REQUIRE(blobs.Prepare());
    AddObjects(objects, {"one", "two", std::string(200'000, 'x')});
    AddBlob("first blob");
    AddBlob("second blob");
  }

  verify::BlobDigest AddBlob(std::string_view content) const {
    const verify::BlobDigest digest = verify::BlobDigest::Of(content);
    REQUIRE(WriteFile(blobs.PathOf(digest), content, 0444));
    REQUIRE(blobs.WriteSignature(digest, "signature"));
    return digest;
  }
  void Replace(const std::string& path, std::string_view content) const {
    REQUIRE(Unlink(path));
    REQUIRE(WriteFile(path, content, 0444));
  }
  StoreCheck Check(std::size_t threads = 3) const {
    Result<StoreCheck> check = CheckStore(paths, threads, {});
    REQUIRE(check);
    return *std::move(check);
  }

 private:
  testing::TemporaryDirectory directory_;

 public:
  const Paths paths = Paths::Below(directory_.path().string());
  const BlobStore blobs{paths, 0};
  const ObjectStore objects{paths.objects};
};

TEST_SUITE_BEGIN("store check");

TEST_CASE("counts what is there without reading it") {
  const Cache cache;
  const Result<StoreContents> contents = LookIntoStore(cache.paths);
  REQUIRE(contents);
  CHECK(contents->objects.count == 3);
  CHECK(contents->objects.bytes == 200'006);
  CHECK(contents->blobs.count == 2);
  CHECK(contents->blobs.bytes == 21);
  CHECK(contents->allocated >= 200'006);
  CHECK(contents->foreign.empty());
  CHECK(contents->leftovers.empty());
}

TEST_CASE("a store that nobody made is empty and right") {
  const testing::TemporaryDirectory root;
  const Paths paths = Paths::Below(root.path().string());
  CHECK(LookIntoStore(paths)->objects.count == 0);
  CHECK(CheckStore(paths, 1, {})->damaged.empty());
}

TEST_CASE("names what is nobody's, and what may have been left behind") {
  const Cache cache;
  const verify::BlobDigest lost = verify::BlobDigest::Of("lost");
  REQUIRE(cache.blobs.WriteSignature(lost, "signature"));
  REQUIRE(WriteFile(cache.paths.blobs + "/README", "x", 0644));
  REQUIRE(WriteFile(cache.paths.objects + "/xyz", "x", 0644));
  REQUIRE(WriteFile(cache.blobs.PartPathOf(lost), "half", 0600));
  REQUIRE(MakeDirectories(cache.paths.objects + "/.incoming-1-2", 0700));
  const Result<StoreContents> contents = LookIntoStore(cache.paths);
  REQUIRE(contents);
  CHECK(contents->foreign ==
        std::vector<std::string>{"objects/xyz", "blobs/README",
                                 "blobs/" + BaseNameOf(cache.blobs.SignaturePathOf(lost))});
  CHECK(contents->leftovers ==
        std::vector<std::string>{"objects/.incoming-1-2",
                                 "partial/" + BaseNameOf(cache.blobs.PartPathOf(lost))});
  CHECK(cache.Check().damaged.empty());
}

TEST_CASE("a right store has nothing damaged, with one thread or more than there are files") {
  const Cache cache;
  for (const std::size_t threads : {1U, 64U}) {
    CHECK(cache.Check(threads).damaged.empty());
    CHECK(cache.Check(threads).unreadable.empty());
  }
  CHECK(CheckStore(cache.paths, 0, {}).error().code() == "bad_threads");
  CHECK(CheckStore(cache.paths, 65, {}).error().code() == "bad_threads");
}

TEST_CASE("one other bit, one byte less or nothing at all is damage, in objects and blobs") {
  const Cache cache;
  const std::string one = ObjectStore::NameOf(ObjectOf("one").digest);
  const std::string two = ObjectStore::NameOf(ObjectOf("two").digest);
  const verify::BlobDigest blob = verify::BlobDigest::Of("first blob");
  cache.Replace(cache.objects.PathOf(ObjectOf("one").digest), "onf");
  cache.Replace(cache.objects.PathOf(ObjectOf("two").digest), "");
  cache.Replace(cache.blobs.PathOf(blob), "first blo");
  const StoreCheck check = cache.Check();
  CHECK(check.unreadable.empty());
  REQUIRE(check.damaged.size() == 3);
  CHECK(check.damaged[0].name == "blobs/" + BaseNameOf(cache.blobs.PathOf(blob)));
  std::vector<std::string> objects{"objects/" + one, "objects/" + two};
  std::sort(objects.begin(), objects.end());
  CHECK(check.damaged[1].name == objects[0]);
  CHECK(check.damaged[2].name == objects[1]);
  const StoreProblem& first = check.damaged[objects[0] == "objects/" + one ? 1 : 2];
  CHECK(first.detail.find(ObjectOf("onf").digest.Hex()) != std::string::npos);
}

TEST_CASE("two objects in each other's place are both damaged") {
  const Cache cache;
  cache.Replace(cache.objects.PathOf(ObjectOf("one").digest), "two");
  cache.Replace(cache.objects.PathOf(ObjectOf("two").digest), "one");
  CHECK(cache.Check().damaged.size() == 2);
}

TEST_CASE("a link in the place of an object is nobody's, and does not hide what is damaged") {
  const Cache cache;
  const std::string path = cache.objects.PathOf(ObjectOf("one").digest);
  REQUIRE(Unlink(path));
  REQUIRE(Symlink("/nowhere", path));
  const std::string blob = cache.blobs.PathOf(verify::BlobDigest::Of("first blob"));
  cache.Replace(blob, "others");
  CHECK(cache.Check().damaged.size() == 1);
  CHECK(LookIntoStore(cache.paths)->foreign.size() == 1);
}

TEST_CASE("stops when it is told to") {
  const Cache cache;
  std::stop_source stop;
  stop.request_stop();
  CHECK(CheckStore(cache.paths, 2, stop.get_token()).error().code() == "cancelled");
}

TEST_CASE("files of one download are listed together, as young as the youngest") {
  const Cache cache;
  const verify::BlobDigest digest = verify::BlobDigest::Of("half");
  REQUIRE(WriteFile(cache.blobs.PartPathOf(digest), "half", 0600));
  REQUIRE(WriteFile(cache.blobs.PartMetaPathOf(digest), "meta", 0600));
  const Result<std::vector<PartialDownload>> partials = ListPartials(cache.paths);
  REQUIRE(partials);
  REQUIRE(partials->size() == 1);
  CHECK(partials->front().names.size() == 2);
}

TEST_SUITE_END();

}  // namespace
}  // namespace powernode::mount::store_check_test

#include "mount/object_batch.h"

#include <doctest/doctest.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "agent/base/files.h"
#include "agent/base/syscalls.h"
#include "mount/object_listing.h"
#include "tests/mount/sample_objects.h"
#include "tests/support/temporary_directory.h"

namespace powernode::mount::object_batch_test {
namespace {

using testing::NeighbourOf;
using testing::ObjectOf;
using testing::StoredContent;
using testing::TemporaryDirectory;

class Store {
 public:
  const ObjectStore& operator*() const { return store_; }
  const ObjectStore* operator->() const { return &store_; }
  ObjectBatch Begin(KernelVerity verity = KernelVerity::kLeave) const {
    Result<ObjectBatch> batch = ObjectBatch::Begin(store_, verity);
    REQUIRE(batch);
    return *std::move(batch);
  }
  ObjectListing Listing() const {
    Result<ObjectListing> listing = ListStore(store_);
    REQUIRE(listing);
    return *std::move(listing);
  }

 private:
  TemporaryDirectory directory_;
  ObjectStore store_{directory_ / "cache/objects"};
};

TEST_SUITE_BEGIN("object batch");

TEST_CASE("objects are in the store under their digests after the commit, and not before") {
  const Store store;
  ObjectBatch batch = store.Begin();
  const std::string large(300'000, 'x');
  CHECK(*batch.Add(AsBytes("small")) == ObjectOf("small"));
  Result<ObjectBatch::Writer> writer = batch.Open(ObjectOf(large));
  REQUIRE(writer);
  for (std::size_t at = 0; at < large.size(); at += 7'000)
    REQUIRE(writer->Write(AsBytes(std::string_view(large).substr(at, 7'000))));
  CHECK(std::move(*writer).Finish());
  CHECK(store.Listing().objects.empty());
  CHECK_FALSE(*store->Has(ObjectOf("small").digest));
  CHECK(*batch.Has(ObjectOf("small").digest));

  const Result<ObjectBatch::Committed> committed = batch.Commit();
  REQUIRE(committed);
  CHECK(committed->objects == 2);
  CHECK(committed->bytes == 300'005);
  CHECK(StoredContent(*store, ObjectOf("small")) == "small");
  CHECK(StoredContent(*store, ObjectOf(large)) == large);
}

TEST_CASE("an object may be read by all and written by none, whatever the umask is") {
  const mode_t before = ::umask(0077);
  const Store store;
  ObjectBatch batch = store.Begin();
  REQUIRE(batch.Add(AsBytes("one")));
  REQUIRE(batch.Commit());
  ::umask(before);
  CHECK((Stat(store->PathOf(ObjectOf("one").digest))->st_mode & 07777) == 0444);
}

TEST_CASE("the same object twice is kept once, also when another batch was faster") {
  const Store store;
  ObjectBatch first = store.Begin();
  ObjectBatch second = store.Begin();
  CHECK(first.Add(AsBytes("one")));
  CHECK(first.Add(AsBytes("one")));
  CHECK(second.Add(AsBytes("one")));
  CHECK(second.Add(AsBytes("two")));
  CHECK(first.Commit()->objects == 1);
  const ino_t inode = Stat(store->PathOf(ObjectOf("one").digest))->st_ino;
  const Result<ObjectBatch::Committed> committed = second.Commit();
  REQUIRE(committed);
  CHECK(committed->objects == 1);
  CHECK(committed->bytes == 3);
  CHECK(Stat(store->PathOf(ObjectOf("one").digest))->st_ino == inode);
  ObjectBatch third = store.Begin();
  CHECK(third.Add(AsBytes("one")));
  CHECK(third.Commit()->objects == 0);
}

TEST_CASE("a file that was cut short is replaced by its object") {
  const Store store;
  {
    ObjectBatch batch = store.Begin();
    REQUIRE(batch.Add(AsBytes("whole")));
    REQUIRE(batch.Commit());
  }
  const std::string path = store->PathOf(ObjectOf("whole").digest);
  for (const std::string_view left : {"", "wh"}) {
    CAPTURE(left);
    REQUIRE(Unlink(path));
    REQUIRE(WriteFile(path, left, 0444));
    ObjectBatch batch = store.Begin();
    REQUIRE(batch.Add(AsBytes("whole")));
    REQUIRE(batch.Commit());
    CHECK(*ReadFile(path, 100) == "whole");
  }
}

TEST_CASE("other bytes than wanted are refused, name both digests, and leave nothing") {
  const Store store;
  ObjectBatch batch = store.Begin();
  const auto finish = [&](std::string_view bytes, const NeededObject& wanted) {
    Result<ObjectBatch::Writer> writer = batch.Open(wanted);
    REQUIRE(writer);
    REQUIRE(writer->Write(AsBytes(bytes)));
    return std::move(*writer).Finish();
  };
  const Status refused = finish("others", ObjectOf("wanted"));
  REQUIRE_FALSE(refused);
  CHECK(refused.error().kind() == ErrorKind::kRefuted);
  CHECK(refused.error().code() == "digest_mismatch");
  CHECK(refused.error().message().find(ObjectOf("wanted").digest.Hex()) != std::string::npos);
  CHECK(refused.error().message().find(ObjectOf("others").digest.Hex()) != std::string::npos);
  NeededObject other_size = ObjectOf("wanted");
  other_size.size = 7;
  CHECK(finish("wanted", other_size).error().code() == "digest_mismatch");
  CHECK(finish("wanted", ObjectOf("wanted")));
  CHECK(batch.Commit()->objects == 1);
  CHECK(store.Listing().objects.size() == 1);
}

TEST_CASE("an empty file is no object") {
  const Store store;
  ObjectBatch batch = store.Begin();
  CHECK(batch.Add({}).error().code() == "empty_object");
  CHECK(batch.Commit()->objects == 0);
}

TEST_CASE("a writer that is not finished and a batch that is not committed leave nothing") {
  const Store store;
  {
    ObjectBatch batch = store.Begin();
    Result<ObjectBatch::Writer> writer = batch.Open(ObjectOf("half and half"));
    REQUIRE(writer);
    REQUIRE(writer->Write(AsBytes("half")));
    REQUIRE(batch.Add(AsBytes("whole")));
    CHECK(store.Listing().incoming.size() == 1);
  }
  CHECK(ListDirectory(store->directory())->empty());
}

TEST_CASE("a batch can be filled and committed again") {
  const Store store;
  ObjectBatch batch = store.Begin();
  REQUIRE(batch.Add(AsBytes("one")));
  CHECK(batch.Commit()->objects == 1);
  CHECK(batch.Commit()->objects == 0);
  REQUIRE(batch.Add(AsBytes("two")));
  CHECK(batch.Commit()->bytes == 3);
  CHECK(store->List()->size() == 2);
}

TEST_CASE("many threads add to one batch") {
  const Store store;
  ObjectBatch batch = store.Begin();
  std::vector<std::thread> threads;
  for (int thread = 0; thread < 8; ++thread)
    threads.emplace_back([&, thread] {
      for (int i = 0; i < 100; ++i)
        (void)batch.Add(AsBytes("object " + std::to_string(i + thread % 2 * 50))).ok();
    });
  for (std::thread& thread : threads) thread.join();
  CHECK(batch.Commit()->objects == 150);
  const ObjectListing listing = store.Listing();
  CHECK(listing.objects.size() == 150);
  for (const StoredObject& stored : listing.objects)
    CHECK(ObjectOf(StoredContent(*store, stored.object)) == stored.object);
}

TEST_CASE("an object joins those that its directory has already") {
  const Store store;
  const std::string one = "one";
  const std::string other = NeighbourOf(one);
  ObjectBatch batch = store.Begin();
  REQUIRE(batch.Add(AsBytes(one)));
  CHECK(batch.Commit()->objects == 1);
  REQUIRE(batch.Add(AsBytes(other)));
  CHECK(batch.Commit()->objects == 1);
  CHECK(StoredContent(*store, ObjectOf(one)) == one);
  CHECK(StoredContent(*store, ObjectOf(other)) == other);
}

TEST_CASE("what a batch could not remove does not come into the store with its directory") {
  const Store store;
  const std::string one = "one";
  const std::string other = NeighbourOf(one);
  ObjectBatch batch = store.Begin();
  REQUIRE(batch.Add(AsBytes(one)));
  const std::string left = JoinPath(JoinPath(store->directory(), store.Listing().incoming.front()),
                                    ObjectStore::NameOf(ObjectOf(other).digest));
  REQUIRE(WriteFile(left, "half", 0444));
  CHECK(batch.Commit()->objects == 1);
  CHECK(StoredContent(*store, ObjectOf(one)) == one);
  CHECK_FALSE(Stat(store->PathOf(ObjectOf(other).digest)));
}

TEST_CASE("one object by two writers at once is kept once, by the one that finishes") {
  const Store store;
  const NeededObject object = ObjectOf("the same");
  for (const bool first_finishes : {true, false}) {
    CAPTURE(first_finishes);
    ObjectBatch batch = store.Begin();
    std::optional<ObjectBatch::Writer> first = *batch.Open(object);
    std::optional<ObjectBatch::Writer> second = *batch.Open(object);
    REQUIRE(first->Write(AsBytes("the same")));
    REQUIRE(second->Write(AsBytes("the same")));
    if (first_finishes)
      CHECK(std::move(*first).Finish());
    else
      first.reset();
    CHECK(std::move(*second).Finish());
    CHECK(batch.Commit()->objects == 1);
    CHECK(StoredContent(*store, object) == "the same");
    REQUIRE(store->Remove(object.digest));
  }
}

TEST_CASE("a file system without fs-verity keeps objects all the same") {
  const Store store;
  ObjectBatch batch = store.Begin(KernelVerity::kEnable);
  REQUIRE(batch.Add(AsBytes("one")));
  REQUIRE(batch.Add(AsBytes("two")));
  CHECK(batch.Commit()->objects == 2);
}

TEST_CASE("what a killed batch has left goes with the next one, and a living batch's stays") {
  const Store store;
  const pid_t child = ::fork();
  if (child == 0) {
    Result<ObjectBatch> batch = ObjectBatch::Begin(*store, KernelVerity::kLeave);
    if (batch) (void)batch->Add(AsBytes("left behind")).ok();
    ::raise(SIGKILL);
  }
  ::waitpid(child, nullptr, 0);
  REQUIRE(store.Listing().incoming.size() == 1);
  const std::string left = store.Listing().incoming.front();

  ObjectBatch alive = store.Begin();
  REQUIRE(alive.Add(AsBytes("alive")));
  const std::vector<std::string> incoming = store.Listing().incoming;
  REQUIRE(incoming.size() == 1);
  CHECK(incoming.front() != left);
  std::optional<ObjectBatch> other = store.Begin();
  CHECK(store.Listing().incoming.size() == 2);
  other.reset();
  CHECK(alive.Commit()->objects == 1);
}

TEST_CASE("a commit that cannot name an object goes on with the rest when it can") {
  const Store store;
  ObjectBatch batch = store.Begin();
  REQUIRE(batch.Add(AsBytes("one")));
  REQUIRE(batch.Add(AsBytes("two")));
  const std::string path = store->PathOf(ObjectOf("one").digest);
  REQUIRE(MakeDirectories(path, 0755));
  CHECK_FALSE(batch.Commit());
  REQUIRE(Rmdir(path));
  REQUIRE(batch.Commit());
  CHECK(store->List()->size() == 2);
}

TEST_SUITE_END();

}  // namespace
}  // namespace powernode::mount::object_batch_test

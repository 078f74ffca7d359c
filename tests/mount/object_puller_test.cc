#include "mount/object_puller.h"

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <map>

#include "agent/base/files.h"
#include "agent/base/syscalls.h"
#include "tests/mount/composefs_module.h"
#include "tests/mount/pull_bench.h"
#include "tests/mount/sample_objects.h"
#include "tests/mount/scripted_objects.h"
#include "tests/support/temporary_directory.h"
#include "tests/verify/signer.h"
#include "verify/image_verifier.h"

namespace powernode::mount::object_puller_test {
namespace {

using testing::ObjectOf;
using testing::StoredContent;
using verify::VerityMode;

// A platform with the objects of an image, and a node that has none of them.
class Bench {
 public:
  Bench() {
    for (std::size_t i = 0; i < 6; ++i) Write("usr/bin/" + std::to_string(i), Sized(i));
  }

  static std::string Sized(std::size_t number) {
    std::string content = testing::Blob(1000 + 500 * number);
    content.replace(0, 3, "v1 ");
    return content;
  }
  void Write(const std::string& path, const std::string& content) {
    files[path] = content;
    source.Serve(content);
  }
  verify::VerifiedImage Image() {
    const ObjectStore origin((root / "origin").string());
    testing::ComposefsModule module(origin);
    for (const auto& [path, content] : files) module.File(path, content);
    const std::string path = (root / ("image" + std::to_string(images_++))).string();
    module.Write(path);
    Result<Fd> fd = Open(path, O_RDONLY);
    REQUIRE(fd.ok());
    Result<verify::DigestedFile> file = verify::DigestFile(*std::move(fd));
    REQUIRE(file.ok());
    verify::Policy policy = signer_.Policy();
    policy.mode = mode;
    const verify::ImageVerifier verifier(std::move(policy));
    const verify::ImageClaim claim{
        .module_id = "m",
        .name = "m",
        .digest = file->digest(),
        .size = file->size(),
        .signature = signed_image ? std::optional(signer_.Sign(file->digest())) : std::nullopt};
    Result<verify::VerifiedImage> image = verifier.Verify(*std::move(file), claim);
    REQUIRE_MESSAGE(image.ok(), image.error().message());
    return *std::move(image);
  }
  ObjectPuller Puller(ObjectSource* from) {
    options.partial_directory = (root / "partial").string();
    return ObjectPuller(store, from, clock, options);
  }
  Result<CompleteObjects> Complete() { return Puller(&source).Complete(Image(), "app", {}); }
  bool HasAll() const {
    return std::all_of(files.begin(), files.end(), [this](const auto& file) {
      return StoredContent(store, ObjectOf(file.second)) == file.second;
    });
  }
  std::uint64_t Bytes() const {
    std::uint64_t bytes = 0;
    for (const auto& [path, content] : files) bytes += content.size();
    return bytes;
  }
  void Damage(const std::string& content) {
    const std::string path = store.PathOf(ObjectOf(content).digest);
    std::string other = content;
    other[500] ^= 1;
    REQUIRE(::chmod(path.c_str(), 0644) == 0);
    REQUIRE(WriteFile(path, other, 0444).ok());
  }

  testing::TemporaryDirectory root;
  ObjectStore store{(root / "objects").string()};
  testing::ScriptedObjects source;
  testing::SleepCounter clock;
  std::map<std::string, std::string> files;
  ObjectPuller::Options options{.floor_mib = 0};
  verify::TrustMode mode = verify::TrustMode::kEnforce;
  bool signed_image = true;

 private:
  testing::Signer signer_;
  int images_ = 0;
};

}  // namespace

TEST_SUITE("object_puller") {
  TEST_CASE("what an image needs is fetched once; afterwards nobody is asked") {
    Bench bench;
    const Result<CompleteObjects> first = bench.Complete();
    REQUIRE_MESSAGE(first.ok(), first.error().message());
    CHECK(first->count() == 6);
    CHECK(first->bytes() == bench.Bytes());
    CHECK(first->fetched_count() == 6);
    CHECK(first->fetched_bytes() == bench.Bytes());
    CHECK(bench.HasAll());
    const Result<CompleteObjects> second = bench.Complete();
    REQUIRE(second.ok());
    CHECK(second->fetched_count() == 0);
    CHECK(bench.source.many_calls.size() == 1);
    CHECK(bench.source.one_calls.empty());
    CHECK(bench.Puller(nullptr).Complete(bench.Image(), "app", {}).ok());
    CHECK(bench.Puller(&bench.source).FromStore(bench.Image(), "app", {}).ok());
  }

  TEST_CASE("of a new version only the files that changed are asked for") {
    Bench bench;
    REQUIRE(bench.Complete().ok());
    const std::string changed = "v2 " + std::string(2000, 'n');
    bench.Write("usr/bin/3", changed);
    const std::uint64_t before = bench.source.bytes_served;
    const Result<CompleteObjects> complete = bench.Complete();
    REQUIRE(complete.ok());
    CHECK(bench.source.many_calls.back() == std::vector{ObjectOf(changed)});
    CHECK(bench.source.bytes_served - before == changed.size());
    CHECK(complete->fetched_count() == 1);
    CHECK(complete->count() == 6);
    CHECK(bench.HasAll());
  }

  TEST_CASE("a stored object with a flipped bit is found and fetched again") {
    Bench bench;
    REQUIRE(bench.Complete().ok());
    const std::string victim = bench.files.at("usr/bin/2");
    bench.Damage(victim);
    SUBCASE("with the platform in reach") {
      const Result<CompleteObjects> complete = bench.Complete();
      REQUIRE(complete.ok());
      CHECK(complete->fetched_count() == 1);
      CHECK(bench.HasAll());
    }
    SUBCASE("alone: refused by name, and nothing is thrown away") {
      const Result<CompleteObjects> refused =
          bench.Puller(nullptr).Complete(bench.Image(), "app", {});
      REQUIRE_FALSE(refused.ok());
      CHECK(refused.error().kind() == ErrorKind::kRefuted);
      CHECK(refused.error().code() == "object_damaged");
      CHECK(refused.error().message().find(ObjectOf(victim).digest.Hex()) != std::string::npos);
      CHECK(bench.store.Has(ObjectOf(victim).digest).value());
    }
    SUBCASE("a policy without fs-verity trusts it") {
      bench.options.verity = VerityMode::kOff;
      CHECK(bench.Complete()->fetched_count() == 0);
    }
  }

  TEST_CASE("a stored object that was cut short is fetched again") {
    Bench bench;
    REQUIRE(bench.Complete().ok());
    const std::string path = bench.store.PathOf(ObjectOf(bench.files.at("usr/bin/1")).digest);
    REQUIRE(::truncate(path.c_str(), 10) == 0);
    CHECK(bench.Complete()->fetched_count() == 1);
    CHECK(bench.HasAll());
  }

  TEST_CASE("objects that the platform does not have refuse the module by count and first name") {
    Bench bench;
    const std::string nowhere = "nowhere" + std::string(100, 'x');
    bench.files["etc/lost"] = nowhere;
    const Result<CompleteObjects> refused = bench.Complete();
    REQUIRE_FALSE(refused.ok());
    CHECK(refused.error().kind() == ErrorKind::kRefuted);
    CHECK(refused.error().code() == "objects_missing");
    CHECK(refused.error().message().find("complete the objects of module app: 1 object, the first "
                                         "is " +
                                         ObjectOf(nowhere).digest.ToString()) == 0);
    CHECK(bench.store.List()->size() == 6);
    CHECK(bench.Puller(nullptr).Complete(bench.Image(), "app", {}).error().code() ==
          "objects_not_stored");
  }

  TEST_CASE("a disk without room is said before a byte is asked for") {
    Bench bench;
    bench.options.floor_mib = std::uint64_t{1} << 40;
    const Result<CompleteObjects> refused = bench.Complete();
    REQUIRE_FALSE(refused.ok());
    CHECK(refused.error().kind() == ErrorKind::kNoSpace);
    CHECK(refused.error().code() == "no_space");
    CHECK(bench.source.many_calls.empty());
  }

  TEST_CASE("the observer hears what is fetched and what was here") {
    Bench bench;
    REQUIRE(bench.Complete().ok());
    bench.Write("usr/bin/3", "v2 " + std::string(2000, 'n'));
    std::vector<ObjectProgress> told;
    bench.options.observer = [&](const ObjectProgress& progress) { told.push_back(progress); };
    REQUIRE(bench.Complete().ok());
    REQUIRE_FALSE(told.empty());
    CHECK(told.back().module == "app");
    CHECK(told.back().finished);
    CHECK(told.back().objects_total == 1);
    CHECK(told.back().bytes_done == 2003);
    CHECK(told.back().bytes_total == 2003);
    CHECK(told.back().bytes_present == bench.Bytes() - 2003);
  }

  TEST_CASE("where the kernel has no fs-verity, a policy that requires it refuses") {
    Bench bench;
    const Result<CompleteObjects> automatic = bench.Complete();
    REQUIRE(automatic.ok());
    if (automatic->kernel_verity()) {
      MESSAGE("this file system has fs-verity: nothing to refuse");
      return;
    }
    bench.options.verity = VerityMode::kRequire;
    const Result<CompleteObjects> refused = bench.Complete();
    REQUIRE_FALSE(refused.ok());
    CHECK(refused.error().kind() == ErrorKind::kCannotTell);
    CHECK(refused.error().code() == "verity_required");
    // An image that is only tolerated has its objects tolerated.
    bench.mode = verify::TrustMode::kAudit;
    bench.signed_image = false;
    CHECK(bench.Complete().ok());
  }
}

}  // namespace powernode::mount::object_puller_test

#include "mount/union_place.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <set>
#include <thread>
#include <vector>

#include "agent/base/files.h"
#include "agent/base/syscalls.h"
#include "mount/compose.h"
#include "mount/former_unions.h"
#include "mount/scratch.h"
#include "tests/mount/test_node.h"

namespace powernode::mount::union_exchange_test {
namespace {

using testing::Content;
using testing::MountInfo;
using testing::TestNode;

const KernelFeatures& Features() {
  static const KernelFeatures features = ProbeKernelFeatures();
  return features;
}

KernelFeatures WithoutBeneath() {
  KernelFeatures features = Features();
  features.mount_beneath = false;
  return features;
}

std::size_t MountsBelow(const std::string& directory) {
  const MountTable table = MountTable::Read().value();
  return static_cast<std::size_t>(
      std::ranges::count_if(table.entries(), [&](const MountEntry& entry) {
        return entry.target.starts_with(directory + "/") && entry.fs_type != "";
      }));
}

// A node whose target is a union place, and images "a" and "b" that share a layer.
class ExchangeNode : public TestNode {
 public:
  ExchangeNode() {
    common_ = MakeImage({{"common", "common"}});
    for (const char* name : {"a", "b", "c"}) images_[name] = MakeImage({{"which", name}});
    REQUIRE(MakeUnionPlace(target()).ok());
  }

  Result<Composition> Build(const std::string& name, const KernelFeatures& features = Features()) {
    std::vector<LayerRequest> layers;
    layers.push_back(LayerFrom("common", 0, common_));
    layers.push_back(LayerFrom("own", 1, images_[name]));
    return Compose(paths(), features, Request(std::move(layers)));
  }

  void Show(const std::string& name, const KernelFeatures& features = Features()) {
    Result<Composition> built = Build(name, features);
    REQUIRE_MESSAGE(built.ok(), built.error().message());
    const Status committed = built->Commit();
    REQUIRE_MESSAGE(committed.ok(), committed.error().message());
  }

  Leftovers Release() {
    const Result<Leftovers> left = ReleaseFormerUnions(paths());
    REQUIRE_MESSAGE(left.ok(), left.error().message());
    return *left;
  }

  std::string Which() const { return Content(target() + "/which"); }
  // Without what only changes its number: mounts of ours.
  std::size_t Mounts() const {
    return MountsBelow(paths().run) + MountsBelow(DirectoryOf(target()));
  }

 private:
  std::string common_;
  std::map<std::string, std::string> images_;
};

// Opens the file all the time until told to stop.
class Readers {
 public:
  explicit Readers(const std::string& file) {
    for (int i = 0; i < 4; ++i)
      threads_.emplace_back([this, file](std::stop_token stop) {
        while (!stop.stop_requested()) {
          const int fd = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
          if (fd < 0) {
            ++failed_;
            continue;
          }
          ++opened_;
          ::close(fd);
        }
      });
  }
  void Stop() { threads_.clear(); }
  std::uint64_t failed() const { return failed_; }
  std::uint64_t opened() const { return opened_; }

 private:
  std::atomic<std::uint64_t> failed_ = 0;
  std::atomic<std::uint64_t> opened_ = 0;
  std::vector<std::jthread> threads_;
};

}  // namespace

TEST_SUITE("union place") {
  TEST_CASE("a union is exchanged for another under readers, none of whom fails") {
    if (!Features().mount_beneath) {
      MESSAGE("this kernel cannot mount beneath another mount");
      return;
    }
    ExchangeNode node;
    node.Show("a");
    node.Release();
    const std::size_t mounts = node.Mounts();
    const std::size_t loops = node.LoopDevices().size();
    Readers readers(node.target() + "/which");
    for (int i = 0; i < 20; ++i) {
      const std::string name = i % 2 == 0 ? "b" : "a";
      Result<Composition> built = node.Build(name);
      REQUIRE_MESSAGE(built.ok(), built.error().message());
      CHECK(built->replaces());
      CHECK(node.Which() == (i % 2 == 0 ? "a" : "b"));  // nothing is seen before the commit
      REQUIRE(built->Commit().ok());
      CHECK(built->gap().count() == 0);
      CHECK(node.Which() == name);
    }
    readers.Stop();
    CHECK(readers.failed() == 0);
    CHECK(readers.opened() > 100);
    CHECK(node.Release().unions == 0);
    CHECK(node.Mounts() == mounts);
    CHECK(node.LoopDevices().size() == loops);
  }

  TEST_CASE("an older kernel has a gap, which is told") {
    ExchangeNode node;
    node.Show("a", WithoutBeneath());
    Result<Composition> built = node.Build("b", WithoutBeneath());
    REQUIRE(built.ok());
    REQUIRE(built->Commit().ok());
    CHECK(built->gap().count() > 0);
    CHECK(node.Which() == "b");
    CHECK(node.Release().unions == 0);
  }

  TEST_CASE("who has a file of the former union open keeps it, and it goes afterwards") {
    ExchangeNode node;
    node.Show("a");
    node.Release();
    const std::size_t mounts = node.Mounts();
    Result<Fd> held = Open(node.target() + "/which", O_RDONLY);
    REQUIRE(held.ok());
    node.Show("b");
    Leftovers left = node.Release();
    CHECK(left.unions == 1);
    CHECK(left.layers == 0);  // the former union still consists of it
    CHECK(ReadFd(*held, 10).value() == "a");
    CHECK(node.Which() == "b");
    node.Show("c");  // beside both
    CHECK(node.Release().unions == 1);
    *held = Fd();
    left = node.Release();
    CHECK(left.unions == 0);
    CHECK(left.layers == 0);
    CHECK(node.Mounts() == mounts);
    CHECK(node.LoopDevices().size() == 2);
    CHECK(node.Which() == "c");
  }

  TEST_CASE("what was exchanged can be taken back") {
    for (const KernelFeatures& features : {Features(), WithoutBeneath()}) {
      ExchangeNode node;
      node.Show("a", features);
      node.Release();
      const std::size_t mounts = node.Mounts();
      REQUIRE(WriteFile(node.target() + "/written", "kept", 0644).ok());
      Result<Composition> built = node.Build("b", features);
      REQUIRE(built.ok());
      REQUIRE(built->Commit().ok());
      CHECK_FALSE(Exists(node.target() + "/written"));
      REQUIRE(built->TakeBack().ok());
      CHECK(node.Which() == "a");
      CHECK(Content(node.target() + "/written") == "kept");
      CHECK(node.Release().unions == 0);
      CHECK(node.Mounts() == mounts);
      node.Show("c", features);
      CHECK(node.Which() == "c");
    }
  }

  TEST_CASE("a layer that the root of a service in another mount namespace consists of stays") {
    ExchangeNode node;
    node.Show("a");
    int ready[2];
    REQUIRE(::pipe2(ready, O_CLOEXEC) == 0);
    const pid_t service = ::fork();
    REQUIRE(service >= 0);
    if (service == 0) {
      // What the service manager does for RootDirectory=: a namespace in which the union is alone.
      if (::unshare(CLONE_NEWNS) != 0 || ::chroot(node.target().c_str()) != 0 ||
          ::write(ready[1], "r", 1) != 1)
        ::_exit(1);
      ::pause();
      ::_exit(0);
    }
    char byte = 0;
    REQUIRE(::read(ready[0], &byte, 1) == 1);
    node.Show("b");
    CHECK(node.Release().layers == 1);
    ::kill(service, SIGKILL);
    ::waitpid(service, nullptr, 0);
    const Leftovers left = node.Release();
    CHECK(left.unions == 0);
    CHECK(left.layers == 0);
    CHECK(node.LoopDevices().size() == 2);
    ::close(ready[0]);
    ::close(ready[1]);
  }

  TEST_CASE("when every scratch is held the error says by what") {
    ExchangeNode node;
    node.Show("a");
    std::vector<Fd> held;
    bool full = false;
    for (int i = 0; i < 20 && !full; ++i) {
      held.push_back(Open(node.target() + "/which", O_RDONLY).value());
      Result<Composition> built = node.Build(i % 2 == 0 ? "b" : "a");
      full = !built.ok();
      if (full)
        CHECK(built.error().code() == "former_unions_in_use");
      else
        REQUIRE(built->Commit().ok());
    }
    CHECK(full);
    held.clear();
    CHECK(node.Release().unions == 0);
    node.Show("c");
    CHECK(node.Which() == "c");
  }

  TEST_CASE("a union that is not at a place of its own is not exchanged") {
    ExchangeNode node;
    REQUIRE(::umount2(node.target().c_str(), 0) == 0);
    node.Show("a");
    const Result<Composition> other = node.Build("b");
    REQUIRE_FALSE(other.ok());
    CHECK(other.error().code() == "scratch_in_use");
    const Status place = MakeUnionPlace(node.target());
    REQUIRE_FALSE(place.ok());
    CHECK(place.error().code() == "target_in_use");
    CHECK(node.Which() == "a");
  }
}

}  // namespace powernode::mount::union_exchange_test

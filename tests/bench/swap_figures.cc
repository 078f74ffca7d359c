// 500 exchanges of a union of 32 modules for one that differs in one of them, while four readers
// open a file of it all the time; beside it the way of unmounting the old one and mounting the new.

#include <fcntl.h>
#include <sys/mount.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <thread>

#include "agent/base/files.h"
#include "mount/former_unions.h"
#include "mount/kernel_features.h"
#include "mount/mount_table.h"
#include "mount/union_place.h"
#include "tests/bench/composed_images.h"
#include "tests/bench/figure.h"
#include "tests/support/temporary_directory.h"

namespace powernode::bench {
namespace {

constexpr int kModules = 32;
constexpr int kSwaps = 500;
constexpr int kNaiveSwaps = 100;
constexpr int kReaders = 4;

class Readers {
 public:
  explicit Readers(const std::string& file) {
    for (int i = 0; i < kReaders; ++i)
      threads_.emplace_back([this, file](std::stop_token stop) {
        while (!stop.stop_requested()) {
          const int fd = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
          ++(fd < 0 ? failed : opened);
          if (fd >= 0) ::close(fd);
        }
      });
  }
  void Stop() { threads_.clear(); }

  std::atomic<std::uint64_t> failed = 0;
  std::atomic<std::uint64_t> opened = 0;

 private:
  std::vector<std::jthread> threads_;
};

std::size_t Mounts() { return Must(mount::MountTable::Read()).entries().size(); }

// What a script does: the same two overlays, mounted and unmounted lazily at one place.
std::string Naive(const std::string& root, const std::vector<std::string>& lowers) {
  const std::string place = root + "/naive";
  Must(MakeDirectories(place, 0755));
  const auto mount_one = [&] {
    return ::mount("overlay", place.c_str(), "overlay", 0,
                   ("lowerdir=" + lowers[0] + ":" + lowers[1]).c_str()) == 0;
  };
  if (!mount_one()) throw std::runtime_error("mount overlay");
  Readers readers(place + "/file-0");
  for (int i = 0; i < kNaiveSwaps; ++i) {
    ::umount2(place.c_str(), MNT_DETACH);
    if (!mount_one()) throw std::runtime_error("mount overlay");
  }
  readers.Stop();
  ::umount2(place.c_str(), MNT_DETACH);
  return "umount + mount: " + std::to_string(readers.failed) + " failed in " +
         std::to_string(kNaiveSwaps);
}

}  // namespace

std::vector<Figure> SwapFigures() {
  const testing::TemporaryDirectory directory;
  const std::string root = directory.path().string();
  std::vector<std::string> images;
  for (int i = 0; i <= kModules; ++i) images.push_back(MakeImage(root, i));
  const std::vector<std::string> first(images.begin(), images.end() - 1);
  std::vector<std::string> second = first;
  second.back() = images.back();

  const Paths paths = Paths::Below(root);
  Must(MakeDirectories(paths.run, 0755));
  Must(mount::MakeUnionPlace(paths.union_root));
  const mount::KernelFeatures features = mount::ProbeKernelFeatures();
  const auto compose = [&](const std::vector<std::string>& set) {
    return Must(mount::Compose(
        paths, features, {.layers = Verified(set), .target = paths.union_root, .scratch_mib = 64}));
  };
  Must(compose(first).Commit());
  (void)Must(mount::ReleaseFormerUnions(paths));
  const std::size_t mounts_before = Mounts();

  Readers readers(paths.union_root + "/file-0");
  std::vector<Milliseconds> whole;
  std::vector<Milliseconds> swaps;
  for (int i = 0; i < kSwaps; ++i) {
    std::vector<mount::LayerRequest> layers = Verified(i % 2 == 0 ? second : first);
    whole.push_back(Timed([&] {
      mount::Composition composed = Must(mount::Compose(
          paths, features,
          {.layers = std::move(layers), .target = paths.union_root, .scratch_mib = 64}));
      swaps.push_back(Timed([&] { Must(composed.Commit()); }));
    }));
    (void)Must(mount::ReleaseFormerUnions(paths));
  }
  readers.Stop();
  const mount::Leftovers left = Must(mount::ReleaseFormerUnions(paths));
  const std::size_t over = Mounts() - mounts_before + left.unions + left.layers;

  const std::string naive =
      Naive(root, {paths.layers + "/" + Must(ListDirectory(paths.layers))[0],
                   paths.layers + "/" + Must(ListDirectory(paths.layers))[1]});
  const double longest = std::ranges::max(swaps).count();
  return {
      {"500 swaps of 32 modules, 4 readers", std::to_string(readers.failed) + " failed opens", "0",
       naive + "; ours of " + std::to_string(readers.opened) + " opened", readers.failed == 0},
      {"the longest swap", Text(longest, "ms"), "5.00 ms",
       "with a layer changed and all built: " + Text(Median(whole).count(), "ms"), longest <= 5.0},
      {"mounts left over", std::to_string(over), "0", "", over == 0}};
}

}  // namespace powernode::bench

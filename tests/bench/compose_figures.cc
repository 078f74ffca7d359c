// 32 EROFS modules, from verified descriptors to one mounted union, beside the same work done by
// forking losetup and mount. Runs in a private mount namespace, which main() makes.

#include <sys/mount.h>

#include <filesystem>

#include "agent/base/files.h"
#include "mount/compose.h"
#include "mount/kernel_features.h"
#include "tests/bench/composed_images.h"
#include "tests/bench/figure.h"
#include "tests/support/temporary_directory.h"

namespace powernode::bench {
namespace {

constexpr int kModules = 32;
constexpr int kRuns = 9;

void Unmount(const Paths& paths, const std::string& target) {
  ::umount2(target.c_str(), 0);
  ::umount2(paths.scratch.c_str(), 0);
  for (const std::string& name : Must(ListDirectory(paths.layers)))
    ::umount2((paths.layers + "/" + name).c_str(), 0);
}

Milliseconds Composed(const Paths& paths, const mount::KernelFeatures& features,
                      const std::string& target, const std::vector<std::string>& images) {
  std::vector<mount::LayerRequest> layers = Verified(images);
  const Milliseconds took = Timed([&] {
    mount::Composition composed = Must(mount::Compose(
        paths, features, {.layers = std::move(layers), .target = target, .scratch_mib = 64}));
    Must(composed.Commit());
  });
  Unmount(paths, target);
  return took;
}

Milliseconds Forked(const std::string& directory, const std::vector<std::string>& images) {
  std::string lowers;
  const Milliseconds took = Timed([&] {
    for (const std::string& image : images) {
      const std::string point = image + ".d";
      std::filesystem::create_directories(point);
      Run("mount -t erofs -o ro,loop " + image + " " + point);
      lowers = point + (lowers.empty() ? "" : ":") + lowers;
    }
    Run("mkdir -p " + directory + "/merged && mount -t overlay -o lowerdir=" + lowers +
        " overlay " + directory + "/merged");
  });
  Run("umount " + directory + "/merged");
  for (const std::string& image : images) Run("umount " + image + ".d");
  return took;
}

}  // namespace

std::vector<Figure> ComposeFigures() {
  const testing::TemporaryDirectory directory;
  const std::string root = directory.path().string();
  std::vector<std::string> images;
  for (int i = 0; i < kModules; ++i) images.push_back(MakeImage(root, i));
  const Paths paths = Paths::Below(root);
  const std::string target = root + "/target";
  Must(MakeDirectories(target, 0755));
  Must(MakeDirectories(paths.run, 0755));
  const mount::KernelFeatures features = mount::ProbeKernelFeatures();
  std::vector<Milliseconds> ours;
  std::vector<Milliseconds> forked;
  for (int i = 0; i < kRuns; ++i) {
    ours.push_back(Composed(paths, features, target, images));
    if (i % 3 == 0) forked.push_back(Forked(root, images));
  }
  const double composed = Median(ours).count();
  return {{"32 modules, verified to mounted", Text(composed, "ms"), "8.00 ms",
           "forking mount " + Text(Median(forked).count(), "ms"), composed <= 8.0}};
}

}  // namespace powernode::bench

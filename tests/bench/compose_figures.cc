// 32 EROFS modules, from verified descriptors to one mounted union, beside the same work done by
// forking losetup and mount. Runs in a private mount namespace, which main() makes.

#include <fcntl.h>
#include <sys/mount.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>

#include "agent/base/files.h"
#include "agent/base/syscalls.h"
#include "mount/compose.h"
#include "mount/kernel_features.h"
#include "tests/bench/figure.h"
#include "tests/support/temporary_directory.h"
#include "verify/digested_file.h"
#include "verify/image_verifier.h"

namespace powernode::bench {
namespace {

constexpr int kModules = 32;
constexpr int kRuns = 9;

void Run(const std::string& command) {
  if (std::system((command + " >/dev/null 2>&1").c_str()) != 0)
    throw std::runtime_error(command + " failed");
}

template <typename T>
T Must(Result<T> result) {
  if (!result) throw std::runtime_error(result.error().message());
  return std::move(result).value();
}
void Must(Status status) {
  if (!status) throw std::runtime_error(status.error().message());
}

std::string MakeImage(const std::string& directory, int number) {
  const std::string tree = directory + "/tree";
  std::filesystem::create_directories(tree);
  std::ofstream(tree + "/file-" + std::to_string(number)) << "module " << number;
  const std::string image = directory + "/" + std::to_string(number) + ".erofs";
  Run("mkfs.erofs " + image + " " + tree);
  return image;
}

std::vector<mount::LayerRequest> Verified(const std::vector<std::string>& images) {
  const verify::ImageVerifier verifier({.mode = verify::TrustMode::kAudit});
  std::vector<mount::LayerRequest> layers;
  for (const std::string& image : images) {
    verify::DigestedFile file = Must(verify::DigestFile(Must(Open(image, O_RDONLY))));
    const verify::ImageClaim claim{.module_id = image, .name = "m", .digest = file.digest()};
    layers.push_back({.module_id = "m" + std::to_string(layers.size()),
                      .name = "m",
                      .effective_priority = static_cast<std::int64_t>(layers.size()),
                      .image = Must(verifier.Verify(std::move(file), claim))});
  }
  return layers;
}

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

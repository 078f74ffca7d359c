#include "mount/kernel_features.h"

#include <doctest/doctest.h>

#include "agent/base/files.h"

namespace powernode::mount::kernel_features_test {

TEST_CASE("what is probed agrees with what the kernel lists") {
  const KernelFeatures features = ProbeKernelFeatures();
  const std::string listed = ReadFile("/proc/filesystems", 64 * 1024).value();
  CHECK(features.erofs == (listed.find("\terofs\n") != std::string::npos));
  CHECK(features.overlay == (listed.find("\toverlay\n") != std::string::npos));
  CHECK(features.loop_devices == Exists("/dev/loop-control"));
  CHECK_FALSE(features.release.empty());
  CHECK(RequireForLayers(features).ok() ==
        (features.erofs && (features.loop_devices || features.erofs_on_files)));
}

}  // namespace powernode::mount::kernel_features_test

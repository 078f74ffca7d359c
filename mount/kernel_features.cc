#include "mount/kernel_features.h"

#include <sys/utsname.h>

#include <charconv>
#include <utility>

#include "agent/base/syscalls.h"
#include "mount/mount_api.h"

namespace powernode::mount {
namespace {

bool AtLeast(std::string_view release, int major, int minor) {
  int have_major = 0;
  int have_minor = 0;
  const char* end = release.data() + release.size();
  const auto first = std::from_chars(release.data(), end, have_major);
  if (first.ec != std::errc{} || first.ptr == end || *first.ptr != '.') return false;
  if (std::from_chars(first.ptr + 1, end, have_minor).ec != std::errc{}) return false;
  return std::pair(have_major, have_minor) >= std::pair(major, minor);
}

// Overlay looks at each option when it is set from Linux 6.5 on, which is also the first with
// data-only layers. Before, it takes every option without looking and fails only when it is
// created: there an option that cannot exist is accepted.
bool LooksAtOptions() {
  Result<FsContext> context = FsContext::Open("overlay");
  return context && !context->SetFlag("powernode_no_such_option");
}

bool Takes(const char* key, const char* value) {
  Result<FsContext> context = FsContext::Open("overlay");
  return context && context->SetString(key, value).ok();
}

// The kernel wants an ordinary lower before the data-only ones.
bool AppendsData() {
  Result<FsContext> context = FsContext::Open("overlay");
  return context && context->SetString("lowerdir+", "/").ok() &&
         context->SetString("datadir+", "/").ok();
}

Error Missing(const KernelFeatures& features, const std::string& what) {
  return Error(ErrorKind::kUnsupported, "kernel_feature_missing",
               "kernel " + features.release + " " + what);
}

Error TooOld(const KernelFeatures& features, const std::string& what) {
  return Error(ErrorKind::kUnsupported, "kernel_too_old",
               "kernel " + features.release + " " + what);
}

}  // namespace

KernelFeatures ProbeKernelFeatures() {
  KernelFeatures features;
  struct utsname name {};
  if (::uname(&name) == 0) features.release = name.release;
  features.erofs = FsContext::Open("erofs").ok();
  features.overlay = FsContext::Open("overlay").ok();
  features.data_lowers = features.overlay && LooksAtOptions();
  features.append_lowers = features.data_lowers && Takes("lowerdir+", "/");
  features.append_data = features.append_lowers && AppendsData();
  features.overlay_verity = features.data_lowers && Takes("verity", "require");
  features.loop_devices = Open("/dev/loop-control", O_RDWR).ok();
  features.mount_beneath = KnowsMountBeneath();
  features.erofs_on_files = features.erofs && AtLeast(features.release, 6, 12);
  return features;
}

Status RequireForLayers(const KernelFeatures& features) {
  if (!features.erofs)
    return Missing(
        features,
        "cannot mount EROFS images (needs Linux 5.15 with CONFIG_EROFS_FS, or the module erofs "
        "in the initramfs)");
  if (!features.loop_devices && !features.erofs_on_files)
    return Missing(
        features,
        "has no loop devices (needs CONFIG_BLK_DEV_LOOP, or the module loop in the initramfs; "
        "Linux 6.12 can do without)");
  return Ok();
}

Status RequireForUnion(const KernelFeatures& features) {
  if (features.overlay) return Ok();
  return Missing(
      features,
      "cannot compose a root (needs Linux 5.15 with CONFIG_OVERLAY_FS, or the module overlay in "
      "the initramfs)");
}

Status RequireForObjects(const KernelFeatures& features) {
  if (features.data_lowers) return Ok();
  return TooOld(features,
                "cannot mount composefs modules (needs Linux 6.5, the first whose overlay takes "
                "data-only layers); publish the module as a plain EROFS image for this node, or "
                "boot a newer kernel");
}

Status RequireForVerity(const KernelFeatures& features) {
  if (features.overlay_verity) return Ok();
  return TooOld(features,
                "cannot hold a composefs module's files to their digests (needs Linux 6.6, the "
                "first whose overlay takes verity=require), which the policy requires");
}

}  // namespace powernode::mount

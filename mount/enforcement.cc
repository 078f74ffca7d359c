#include "mount/enforcement.h"

#include <algorithm>

#include "agent/base/syscalls.h"
#include "mount/erofs_superblock.h"
#include "mount/loop_device.h"
#include "verify/kernel_fsverity.h"

namespace powernode::mount {
namespace {

bool HoldsImage(const MountTable& table, const std::string& mountpoint, const Fd& blob,
                const verify::ImageVerity& signed_verity) {
  const MountEntry* layer = table.FindAt(mountpoint);
  if (layer == nullptr || layer->fs_type != "erofs") return false;
  // One that is mounted on its file cannot be asked which file that is.
  const Result<bool> backs = LoopDeviceBacks(layer->source, blob);
  return backs && *backs && verify::RequireVerity(blob, signed_verity.digest()).ok();
}

bool HoldsObjects(const MountEntry& overlay, const Paths& paths) {
  const OverlayDirectories shown = ParseOverlayOptions(overlay.fs_options, paths.layers);
  return shown.verity_required && shown.data == std::vector<std::string>{paths.objects};
}

}  // namespace

std::string_view EnforcementName(Enforcement enforcement) {
  switch (enforcement) {
    case Enforcement::kKernel:
      return "kernel enforced";
    case Enforcement::kWhenStored:
      return "verified when stored";
  }
  return "verified when stored";
}

Enforcement EnforcementOf(const MountTable& table, const MountEntry& overlay,
                          const std::string& mountpoint, const Paths& paths, const Fd& blob,
                          const verify::ImageVerity& signed_verity) {
  if (!HoldsImage(table, mountpoint, blob, signed_verity)) return Enforcement::kWhenStored;
  const Result<struct stat> file = Fstat(blob);
  if (!file) return Enforcement::kWhenStored;
  const Result<ImageFormat> format = DetectFormat(blob, static_cast<std::uint64_t>(file->st_size));
  if (!format) return Enforcement::kWhenStored;
  const bool held = *format == ImageFormat::kErofs || HoldsObjects(overlay, paths);
  return held ? Enforcement::kKernel : Enforcement::kWhenStored;
}

}  // namespace powernode::mount

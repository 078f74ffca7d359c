// One image mounted at its place below $R/layers: verified descriptor -> loop device -> EROFS ->
// mountpoint. The mountpoint is named by the digest, so that a second composition finds and shares
// the layer of the first.
#pragma once

#include <string>

#include "agent/base/paths.h"
#include "agent/base/result.h"
#include "mount/kernel_features.h"
#include "mount/mount_table.h"
#include "mount/mount_undo.h"
#include "verify/verified_image.h"

namespace powernode::mount {

// $R/layers/<first 32 hex digits of the blob digest>.
std::string LayerPath(const Paths& paths, const verify::BlobDigest& digest);

enum class LayerOrigin { kMounted, kReused };

// `table` is the mount table before anything of this composition was mounted. What is new is
// recorded in `undo`. kBusy "layer_in_use": another file system is mounted there. Otherwise
// "mount_failed" and those of LoopDevice.
Result<LayerOrigin> MountLayer(const Paths& paths, const KernelFeatures& features,
                               const MountTable& table, const verify::VerifiedImage& image,
                               MountUndo& undo);

}  // namespace powernode::mount

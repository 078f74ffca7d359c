// The images of a composition mounted at their places below $R/layers: verified descriptor -> loop
// device -> EROFS -> mountpoint. A mountpoint is named by the digest, so that a second composition
// finds and shares the layers of the first.
//
// A mount is only a descriptor until it is attached: all of them are made before the first one
// appears in the mount table. They are made by a few threads, because making one is mostly waiting
// for the loop device's worker in the kernel.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "agent/base/paths.h"
#include "agent/base/result.h"
#include "mount/erofs_superblock.h"
#include "mount/kernel_features.h"
#include "mount/mount_table.h"
#include "mount/mount_undo.h"
#include "verify/verified_image.h"

namespace powernode::mount {

// $R/layers/<first 32 hex digits of the blob digest>.
std::string LayerPath(const Paths& paths, const verify::BlobDigest& digest);

struct LayerJob {
  std::string name;  // of the module, for messages
  const verify::VerifiedImage* image;
  ImageFormat format = ImageFormat::kErofs;
};

enum class LayerOrigin {
  kMounted,
  kReused,  // was there before, or is there for another module with the same digest
};

// One answer a job. `table` is the mount table before; what is new is recorded in `undo`.
// kBusy "layer_in_use": another file system is mounted there; kRefuted "reserved_name" of
// CheckRootNames, before the layer can be seen. Otherwise "mount_failed" and those of LoopDevice.
Result<std::vector<LayerOrigin>> MountLayers(const Paths& paths, const KernelFeatures& features,
                                             const MountTable& table,
                                             std::span<const LayerJob> jobs, MountUndo& undo);

}  // namespace powernode::mount

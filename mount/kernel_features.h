// What the running kernel can do for us, probed once at start into a value that is passed down.
// Tests switch a feature off by changing the value; messages name the kernel and the option that
// would be needed.
//
// A probe may load a module (fsopen(2) asks the kernel for it), so it is true for "could be loaded"
// as well.
#pragma once

#include <string>

#include "agent/base/result.h"

namespace powernode::mount {

struct KernelFeatures {
  bool erofs = false;           // CONFIG_EROFS_FS
  bool overlay = false;         // CONFIG_OVERLAY_FS
  bool append_lowers = false;   // overlay's "lowerdir+", Linux 6.8
  bool append_data = false;     // overlay's "datadir+", Linux 6.8
  bool data_lowers = false;     // data-only layers in an overlay, Linux 6.5
  bool overlay_verity = false;  // overlay's "verity=require", Linux 6.6
  bool loop_devices = false;    // /dev/loop-control
  bool mount_beneath = false;   // move_mount(2)'s MOVE_MOUNT_BENEATH, Linux 6.5
  bool erofs_on_files =
      false;  // EROFS straight on a file, Linux 6.12; whether it was built in, the mount says
  std::string release;  // uname -r, for messages
};

KernelFeatures ProbeKernelFeatures();

// kUnsupported "kernel_feature_missing", naming what is missing and which kernel has it.
Status RequireForLayers(const KernelFeatures& features);
Status RequireForUnion(const KernelFeatures& features);
// What the union of a composefs module needs. kUnsupported "kernel_too_old": there is no other way
// to mount one, and no unpacking into something that older kernels could mount, which would cost
// the disk a second copy and the kernel its hold on the signed bytes.
Status RequireForObjects(const KernelFeatures& features);
Status RequireForVerity(const KernelFeatures& features);

}  // namespace powernode::mount

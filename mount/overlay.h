// The overlay over mounted layers, through the interface this kernel has: one "lowerdir+" a layer
// and "datadir+" for the object store from Linux 6.8 on; before that mount(2) with
// "lowerdir=a:b::objects", whose whole option string is one page. There the layers are named
// relative to their directory, which lets about 115 of them fit.
#pragma once

#include <string>
#include <vector>

#include "agent/base/result.h"
#include "mount/kernel_features.h"
#include "mount/mount_table.h"
#include "mount/mount_undo.h"
#include "mount/scratch.h"

namespace powernode::mount {

struct UnionPlan {
  std::string layers_directory;     // what lowers that are named relative to a directory are below
  std::vector<std::string> lowers;  // absolute, highest first
  // The object store, as the union's data-only layer: the bytes of composefs files, found by the
  // path in their redirect and seen nowhere else. Empty: there is no composefs layer.
  std::string objects;
  // The kernel opens an object only when fs-verity holds it to the digest that the image names.
  bool require_verity = false;
  Scratch scratch;
};

// Mounts the union at the plan's staging place and records it in `undo`.
// kUnsupported "mount_options_too_long" on kernels before 6.8; "mount_failed".
Status MountUnion(const UnionPlan& plan, const KernelFeatures& features, MountUndo& undo);

// Does the overlay of `entry` consist of exactly the plan's lowers, in order, its data-only layer
// and its upper and work directory, and are objects held to their digests as planned?
bool ShowsPlan(const MountEntry& entry, const UnionPlan& plan);

}  // namespace powernode::mount

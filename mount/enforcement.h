// Who holds the bytes of a mounted module to what its owner signed? Either the kernel, at every
// read: then the image file has fs-verity with the signed digest, and for a composefs module the
// union opens an object only when fs-verity holds it to the digest that the image names. Or nobody
// any more: then the bytes were verified when they were stored and again when they were composed,
// and a disk that changes them afterwards is believed.
//
// Nothing here believes what was asked for at mount time: the mount table, the loop device and
// fs-verity are asked (field lesson MO-5).
#pragma once

#include <string>
#include <string_view>

#include "agent/base/fd.h"
#include "agent/base/paths.h"
#include "mount/mount_table.h"
#include "verify/verity_identity.h"

namespace powernode::mount {

enum class Enforcement { kKernel, kWhenStored };
std::string_view EnforcementName(Enforcement enforcement);  // "kernel enforced", …

// Of the module whose layer is mounted at `mountpoint` below the union `overlay`. `blob`: the
// stored image, `signed_verity`: the digest that was proven for it. What cannot be told is not the
// kernel's.
Enforcement EnforcementOf(const MountTable& table, const MountEntry& overlay,
                          const std::string& mountpoint, const Paths& paths, const Fd& blob,
                          const verify::ImageVerity& signed_verity);

}  // namespace powernode::mount

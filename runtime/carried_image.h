// What boot carries over the switch: the initramfs's /etc/powernode (trust keys, platform CA,
// agent.conf), since the root image need not contain any of it and the initramfs is gone
// afterwards.
#pragma once

#include "agent/base/paths.h"
#include "agent/base/result.h"

namespace powernode::runtime {

// Copies paths.image_directory to paths.carried_image. A missing source is fine; what cannot be
// copied is an error, for a node that verifies nothing after the switch would be worse than one
// that says so.
Status CarryImage(const Paths& paths);

}  // namespace powernode::runtime

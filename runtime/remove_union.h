// Host mode: takes the modules' union away, for a node that is meant to run no module at all.
#pragma once

#include "agent/base/paths.h"
#include "agent/base/result.h"
#include "runtime/systemd.h"

namespace powernode::runtime {

// Stops and removes the units, then unmounts the union and what it was made of. `systemd` nullptr:
// no service manager serves this root. kSystem "mount_in_use": somebody works in the union, which
// then stays, and its units run on. A former union that somebody works in stays as well, and is no
// error.
Status RemoveUnion(const Paths& paths, Systemd* systemd);

}  // namespace powernode::runtime

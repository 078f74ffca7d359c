#!/bin/sh
# dracut pre-pivot hook for powernode.boot=1 with an ordinary root=: the root is
# mounted and stays as it is, the agent prepares its start in the running system.

if getargbool 0 powernode.boot && [ -n "$(getarg root=)" ]; then
    powernode-agent init-bottom --root "${NEWROOT:-/sysroot}" ||
        emergency_shell "powernode-agent init-bottom failed and powernode.strict=1 forbids to go on"
fi

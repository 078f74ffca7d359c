#!/bin/bash
# builder.sh: the Debian trixie tree in which initramfs images are generated,
# with both generators and no kernel. Prints the artifact: root/.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=tests/vm/image/cache.sh
. "$here/cache.sh"
# shellcheck source=tests/vm/image/mirror.sh
. "$here/mirror.sh"

# systemd-resolved and dbus serve the dracut image only.
packages=systemd-sysv,udev,dbus,kmod,iproute2,zstd,cpio,e2fsprogs,busybox
packages+=,initramfs-tools,dracut-core,dracut-network,systemd-resolved

build_builder() {
  bootstrap trixie apt "$packages" "$1/root"
  # Twelve megabytes about hardware no guest has, unpacked at every boot.
  rm -rf "$1"/root/usr/lib/udev/hwdb.{d,bin}
}

cache_artifact builder "$(content_key "$here/builder.sh" "$here/mirror.sh")" build_builder

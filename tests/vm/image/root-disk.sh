#!/bin/bash
# root-disk.sh: a disk with an ordinary Debian root, for machines that boot with
# root= and run the agent beside it: the base module's tree, whose administrator
# has told it the name server of QEMU's user network and logs in on the serial
# console. Prints the artifact: root.img.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=tests/vm/image/cache.sh
. "$here/cache.sh"

build_root_disk() {
  truncate -s 1G "$1/root.img"
  mkdir "$1/tree"
  cp -a "$modules/base/." "$modules/demo-login/." "$1/tree/"
  echo "nameserver 10.0.2.3" >"$1/tree/etc/resolv.conf"
  echo existing >"$1/tree/etc/hostname"
  mkfs.ext4 -q -L root -d "$1/tree" "$1/root.img"
  rm -rf --one-file-system "$1/tree"
}

modules=$("$here/modules.sh")
cache_artifact root-disk "$(content_key "$here/root-disk.sh" "${modules##*/}")" build_root_disk

#!/bin/bash
# kernel.sh 6.12|6.1: a Debian cloud kernel and its modules, unpacked but not
# installed. Prints the artifact: vmlinuz, release, tree/ (boot, usr/lib/modules,
# without depmod's indices: the initramfs script makes them in its builder).
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=tests/vm/image/cache.sh
. "$here/cache.sh"
# shellcheck source=tests/vm/image/mirror.sh
. "$here/mirror.sh"

case "${1-}" in
  6.12) suite=trixie ;;
  6.1) suite=bookworm ;;
  *) die "usage: kernel.sh 6.12|6.1" ;;
esac
series=$1

build_kernel() {
  local out=$1 release modules
  bootstrap "$suite" extract linux-image-cloud-amd64 "$out/unpacked"
  release=$(basename "$out"/unpacked/boot/vmlinuz-*)
  release=${release#vmlinuz-}
  case "$release" in
    "$series".*) ;;
    *) die "suite $suite has kernel $release, not $series" ;;
  esac
  modules="$out/unpacked/usr/lib/modules"
  [ -d "$modules/$release" ] || modules="$out/unpacked/lib/modules"
  mkdir -p "$out/tree/boot" "$out/tree/usr/lib/modules"
  cp "$out/unpacked/boot/config-$release" "$out/unpacked/boot/System.map-$release" "$out/tree/boot/"
  cp "$out/unpacked/boot/vmlinuz-$release" "$out/vmlinuz"
  cp -a "$modules/$release" "$out/tree/usr/lib/modules/"
  rm -rf --one-file-system "$out/unpacked"
  echo "$release" >"$out/release"
}

cache_artifact "kernel-$series" "$(content_key "$here/kernel.sh" "$here/mirror.sh" "$suite")" build_kernel

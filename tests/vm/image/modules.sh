#!/bin/bash
# modules.sh: the module images of these tests. Prints the artifact:
#
#   base/             a minimal Debian trixie with systemd: no kernel, agent,
#                     host name, machine id or key of any host
#   base.erofs        its image, the bottom layer
#   nginx.erofs       what installing nginx adds to it, and nginx-site/
#   demo-login/       root logged in on the serial console without a password:
#   demo-login.erofs  assigned by tests, and by the demo with KEEP=1 only
#   services.json     nginx's services
#
# They are one artifact because a layer holds only against the base it was
# compared with.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=tests/vm/image/cache.sh
. "$here/cache.sh"
# shellcheck source=tests/vm/image/mirror.sh
. "$here/mirror.sh"

packages=systemd-sysv,udev,dbus,iproute2,login,procps,kmod

# The same tree gives the same bytes: times and the UUID are fixed. lz4 costs
# the emulated processor little, and a byte less to fetch and hash is a gain.
erofs_image() {
  mkfs.erofs --quiet -zlz4hc -C16384 -T1700000000 -U"$3" "$2" "$1"
}

# What would make two nodes from one image the same node, or would fail in every
# node: node-files.md section 17, base layer lint.
lint_base() {
  local root=$1 name
  [ ! -s "$root/etc/machine-id" ] || die "the base has a machine id"
  [ ! -e "$root/var/lib/dbus/machine-id" ] || die "the base has a D-Bus machine id"
  [ ! -e "$root/etc/hostname" ] || die "the base has a host name"
  [ ! -e "$root/etc/resolv.conf" ] || die "the base has a name server"
  [ -z "$(find "$root/etc" -name 'ssh_host_*' -print -quit)" ] || die "the base has SSH host keys"
  [ -z "$(find "$root" -name 'powernode-agent*' -print -quit)" ] || die "the base contains the agent"
  [ -z "$(find "$root/boot" -mindepth 1 -print -quit)" ] || die "the base contains a kernel"
  for name in bin sbin lib; do
    [ "$(readlink "$root/$name")" = "usr/$name" ] || die "/$name is not a link to usr/$name"
  done
  for name in dev proc sys run tmp persist; do
    [ -d "$root/$name" ] || die "the base has no /$name to mount on"
  done
}

# What the bootstrap took from this machine or left of itself, and a third of the
# tree, for hardware, character sets and shells no guest has.
trim() {
  rm -f "$1/etc/hostname" "$1/etc/resolv.conf" "$1/var/lib/dbus/machine-id"
  rm -rf "$1"/var/cache/* "$1"/var/log/* "$1"/var/lib/apt/lists/*
  rm -rf "$1"/usr/lib/udev/hwdb.{d,bin} "$1"/usr/lib/x86_64-linux-gnu/gconv \
    "$1"/usr/share/{lintian,bash-completion,zsh}
}

build_base() {
  local root=$1
  bootstrap trixie essential "$packages" "$root"
  trim "$root"
  # Empty and present: systemd mounts the id of this boot over it.
  : >"$root/etc/machine-id"
  # The mounts of a composed root come from whoever composed it.
  : >"$root/etc/fstab"
  mkdir -p "$root/persist"
  # As old as everything else in the image: systemd's rebuilding of caches at the
  # first start of a new /usr is done by whoever builds the image.
  touch "$root/etc/.updated" "$root/var/.updated"
  lint_base "$root"
}

# Only paths the base lacks, and not the records of the packaging system, whose
# copy in a layer would hide the base's.
build_nginx() {
  local base=$1 root=$2 full=$3 path
  bootstrap trixie essential "$packages,nginx" "$full"
  trim "$full"
  mkdir "$root"
  (cd "$full" && find . -path ./var/lib/dpkg -prune -o -path ./var/lib/apt -prune -o \
    -path ./var/cache -prune -o -path ./var/log -prune -o -type p -o -type s -o -print0) |
    while IFS= read -r -d '' path; do
      [ -e "$base/$path" ] || [ -L "$base/$path" ] || printf '%s\0' "$path"
    done |
    tar -C "$full" --null --no-recursion -T - -c | tar -C "$root" -xp
  # The node's agent starts the service, from the module's own services.
  find "$root/etc/systemd" -name 'nginx.service' -delete
  mkdir -p "$root/var/log/nginx"
  for path in etc/hostname etc/resolv.conf etc/machine-id etc/passwd; do
    [ ! -e "$root/$path" ] || die "the nginx module would replace /$path"
  done
  install -m 0644 "$here/nginx-site/default" "$root/etc/nginx/sites-available/default"
}

build_demo_login() {
  local unit="$1/etc/systemd/system/serial-getty@ttyS0.service.d"
  mkdir -p "$unit"
  cat >"$unit/autologin.conf" <<'UNIT'
[Service]
ExecStart=
ExecStart=-/sbin/agetty --autologin root --noclear --keep-baud 115200 %I linux
UNIT
}

build_modules() {
  local out=$1
  build_base "$out/base"
  build_nginx "$out/base" "$out/nginx" "$out/full"
  build_demo_login "$out/demo-login"
  erofs_image "$out/base" "$out/base.erofs" 6261c5e0-0000-4000-8000-000000000001
  erofs_image "$out/nginx" "$out/nginx.erofs" 6261c5e0-0000-4000-8000-000000000002
  erofs_image "$out/demo-login" "$out/demo-login.erofs" 6261c5e0-0000-4000-8000-000000000003
  cp "$here/nginx-site/services.json" "$out/services.json"
  rm -rf --one-file-system "$out/full" "$out/nginx"
}

cache_artifact modules "$(content_key "$here/modules.sh" "$here/mirror.sh" "$here/nginx-site")" build_modules

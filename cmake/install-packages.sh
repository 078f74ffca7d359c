#!/bin/sh
# Installs what the build, the tests and the demo need on Debian 12. Silent, and in a fraction of a second, when
# everything is already there. A program missing after it has run is an error in this list.
set -eu

packages="
  build-essential cmake ninja-build ccache git dpkg-dev bzip2 xz-utils zstd file
  clang-16 clang-tidy-16 libclang-rt-16-dev libfuzzer-16-dev clang-format lld shellcheck
  g++-aarch64-linux-gnu qemu-user-static
  libssl-dev libcpp-httplib-dev pkg-config openssl
  curl jq python3 strace iproute2 dnsmasq-base e2fsprogs erofs-utils fsverity cpio systemd
  qemu-system-x86 mmdebstrap
"

# shellcheck disable=SC2086 # a list of words
missing=$(dpkg-query --show --showformat '${db:Status-Status} ${Package}\n' $packages 2>/dev/null |
  awk -v wanted="$packages" '
    $1 == "installed" { have[$2] = 1 }
    END { n = split(wanted, name); for (i = 1; i <= n; i++) if (!have[name[i]]) printf "%s ", name[i] }')
[ -n "$missing" ] || exit 0

if [ "$(id -u)" -ne 0 ]; then
  printf 'These packages are missing; run as root: apt-get install --no-install-recommends %s\n' "$missing" >&2
  exit 1
fi

printf 'installing %s\n' "$missing" >&2
export DEBIAN_FRONTEND=noninteractive
options="-q -q -o DPkg::Lock::Timeout=600 -o Dpkg::Use-Pty=0"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
# shellcheck disable=SC2086 # lists of words
if ! { apt-get $options update && apt-get $options install --yes --no-install-recommends $missing; } >"$log" 2>&1; then
  cat "$log" >&2
  exit 1
fi

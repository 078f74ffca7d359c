#!/bin/sh
# Puts every archive of cmake/third-party.lock into a directory as <name>-<version>.tar, each proven by its
# SHA-256.  What is already there and proven is not fetched again, so that a filled directory works offline.
#
# apt is asked first, in a private state directory that lists Debian trixie's source packages on the mirror
# this machine's own apt uses; on other systems the upstream release is downloaded.
#
# usage: fetch.sh LOCK DIRECTORY
set -eu

lock=$1
directory=$2
mkdir -p "$directory"
directory=$(cd "$directory" && pwd)
scratch=

say() { printf '%s\n' "third-party: $*" >&2; }
proven() { [ -f "$1" ] && [ "$(sha256sum <"$1")" = "$2  -" ]; }

# Sets up a private apt that knows trixie's source packages; fails where there is no Debian mirror to ask.
prepare_apt() {
  command -v apt-get >/dev/null || return 1
  mirror=$(apt-get indextargets --format '$(REPO_URI)' \
    'Created-By: Packages' 'Origin: Debian' 'Label: Debian' | sort -u | head -n 1)
  [ -n "$mirror" ] || return 1
  mkdir -p "$scratch/lists/partial" "$scratch/cache/archives/partial"
  cat >"$scratch/apt.conf" <<EOF
Dir::State "$scratch";
Dir::State::status "$scratch/status";
Dir::Cache "$scratch/cache";
Dir::Etc::sourcelist "$scratch/trixie.sources";
Dir::Etc::sourceparts "/dev/null";
APT::Sandbox::User "$(id -un)";
EOF
  : >"$scratch/status"
  cat >"$scratch/trixie.sources" <<EOF
Types: deb-src
URIs: $mirror
Suites: trixie
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg
EOF
  APT_CONFIG=$scratch/apt.conf apt-get -qq update >&2
}

from_apt() { # package version sha256 target
  [ -f "$scratch/trixie.sources" ] || prepare_apt || return 1
  mkdir -p "$scratch/$1"
  (cd "$scratch/$1" && APT_CONFIG=$scratch/apt.conf \
    apt-get -qq --only-source --download-only --tar-only source "$1" >&2) || return 1
  for archive in "$scratch/$1/$1_$2"*.orig.tar.*; do
    if proven "$archive" "$3"; then
      mv "$archive" "$4"
      return 0
    fi
  done
  say "$1: Debian trixie has no archive of version $2 with the locked SHA-256"
  return 1
}

from_upstream() { # url sha256 target
  [ "$1" != - ] || return 1
  curl --fail --silent --show-error --location --retry 3 --output "$3.part" "$1" || return 1
  if ! proven "$3.part" "$2"; then
    say "$1: SHA-256 differs from the lock file"
    rm -f "$3.part"
    return 1
  fi
  mv "$3.part" "$3"
}

scratch=$(mktemp -d "$directory/.fetch.XXXXXX")
trap 'rm -rf "$scratch"' EXIT

grep -v '^#' "$lock" | while read -r name version sha256 package upstream; do
  target=$directory/$name-$version.tar
  proven "$target" "$sha256" && continue
  say "fetching $name $version"
  from_apt "$package" "$version" "$sha256" "$target" || from_upstream "$upstream" "$sha256" "$target" || {
    say "$name $version: could not be fetched with SHA-256 $sha256"
    exit 1
  }
done

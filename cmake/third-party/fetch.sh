#!/bin/sh
# Puts every archive of cmake/third-party.lock into a directory as <name>-<version>.tar, each proven by its
# SHA-256.  What is already there and proven is not fetched again, so that a filled directory works offline.
#
# The pool of the Debian mirror in use is asked first, then the place of the lock file's last column ("-": none).
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

# The Debian mirror of this machine's apt; empty on other systems.
# shellcheck disable=SC2016 # apt expands it
mirror=$(apt-get indextargets --format '$(REPO_URI)' \
  'Created-By: Packages' 'Origin: Debian' 'Label: Debian' 2>/dev/null | sort -u | head -n 1)

download() { # url sha256 target
  curl --fail --silent --show-error --location --retry 3 --output "$scratch/archive" "$1" || return 1
  proven "$scratch/archive" "$2" || {
    say "$1: SHA-256 differs from the lock file"
    return 1
  }
  mv "$scratch/archive" "$3"
}

scratch=$(mktemp -d "$directory/.fetch.XXXXXX")
trap 'rm -rf "$scratch"' EXIT

grep -v '^#' "$lock" | while read -r name version sha256 pool elsewhere; do
  target=$directory/$name-$version.tar
  proven "$target" "$sha256" && continue
  say "fetching $name $version"
  { [ -n "$mirror" ] && download "${mirror%/}/pool/main/$pool" "$sha256" "$target"; } ||
    { [ "$elsewhere" != - ] && download "$elsewhere" "$sha256" "$target"; } || {
    say "$name $version: could not be fetched with SHA-256 $sha256"
    exit 1
  }
done

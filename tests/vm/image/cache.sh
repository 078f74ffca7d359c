# shellcheck shell=bash
# Sourced by the image scripts. An artifact is a directory below the cache
# whose name is <artifact>-<key>; the key is a hash over everything that went
# into it, so an existing directory is always current and never written again.
# A new one is built under a temporary name and renamed into place, so a killed
# run leaves nothing that could be taken for a finished artifact.
#
#   dir=$(cache_artifact base "$key" build_base)
#
# runs `build_base DIR` unless the artifact exists, and prints its path.

vm_cache="${POWERNODE_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/powernode-agent}/vm"

die() {
  echo "${0##*/}: $*" >&2
  exit 1
}

say() {
  echo "vm image: $*" >&2
}

# content_key WORD...: a word that names a file stands for the file's bytes, a
# word that names a directory for the paths, modes and bytes below it.
content_key() {
  local word
  for word in "$@"; do
    if [ -d "$word" ]; then
      (cd "$word" && find . -type f -printf '%P %m\n' | sort &&
        find . -type f -print0 | sort -z | xargs -0r sha256sum)
    elif [ -f "$word" ]; then
      sha256sum <"$word"
    else
      echo "word $word"
    fi
  done | sha256sum | cut -c1-16
}

# The build's output is kept, because a failed bootstrap is only explained by
# its last lines.
cache_artifact() {
  local name=$1 key=$2 build=$3
  local target="$vm_cache/$name-$key"
  if [ ! -d "$target" ]; then
    mkdir -p "$vm_cache"
    exec 9>"$vm_cache/$name.lock"
    flock 9
    if [ ! -d "$target" ]; then
      say "building $name"
      building=$name
      building_in=$(mktemp -d "$vm_cache/.$name.XXXXXX")
      chmod 0755 "$building_in"
      # A trap and not an `if`, which would switch `set -e` off in the build.
      trap cache_build_failed EXIT
      "$build" "$building_in" >"$vm_cache/$name.log" 2>&1 9>&-
      trap - EXIT
      mv -T "$building_in" "$target"
      cache_forget_old "$name"
    fi
    exec 9>&-
  fi
  touch "$target"
  echo "$target"
}

cache_build_failed() {
  rm -rf --one-file-system "$building_in"
  tail -n 20 "$vm_cache/$building.log" >&2
  say "building $building failed, whole log: $vm_cache/$building.log"
}

# Keys that nobody used for two days are of sources long gone.
cache_forget_old() {
  find "$vm_cache" -mindepth 1 -maxdepth 1 -type d \
    \( -name "$1-????????????????" -o -name ".$1.??????" \) -mtime +2 \
    -exec rm -rf --one-file-system {} +
}

# shellcheck shell=bash
# Sourced by the image scripts: one way to make a module image. The same tree
# gives the same bytes: times and the file system's UUID are fixed, and the UUID
# is not taken from the clock but from the image's name.

# erofs_image TREE IMAGE
erofs_image() {
  local uuid
  uuid=$(basename "$2" | md5sum | sed -E 's/^(.{8})(.{4})(.{4})(.{4})(.{12}).*/\1-\2-\3-\4-\5/')
  # lz4 decodes faster than the emulated disk delivers.
  mkfs.erofs --quiet -zlz4hc -T1700000000 -U"$uuid" "$2" "$1"
}

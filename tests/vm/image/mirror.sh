# shellcheck shell=bash
# Sourced by the image scripts. Guests are built from the mirror this machine's
# own apt is set up with, checked with the keyring of its Debian installation;
# the repository names neither.

debian_keyring=/usr/share/keyrings/debian-archive-keyring.gpg

# debian_mirror: the first address apt fetches Debian's main component from.
debian_mirror() {
  local mirror
  # The format's $(...) are apt's own fields.
  # shellcheck disable=SC2016
  mirror=$(apt-get indextargets \
    --format '$(ORIGIN)|$(LABEL)|$(COMPONENT)|$(REPO_URI)' 'Created-By: Packages' |
    awk -F'|' '$1 == "Debian" && $2 == "Debian" && $3 == "main" { print $4; exit }')
  [ -n "$mirror" ] || die "apt knows no Debian mirror: set one up in /etc/apt and run apt-get update"
  echo "$mirror"
}

# bootstrap SUITE VARIANT PACKAGES TARGET [OPTION...]: a Debian tree in TARGET
# without the parts nobody reads in a virtual machine.
bootstrap() {
  local suite=$1 variant=$2 packages=$3 target=$4
  shift 4
  [ -r "$debian_keyring" ] || die "no $debian_keyring: apt-get install debian-archive-keyring"
  mmdebstrap --mode=root --variant="$variant" --include="$packages" \
    --keyring="$debian_keyring" --aptopt='APT::Install-Recommends "false"' \
    --dpkgopt='path-exclude=/usr/share/doc/*' \
    --dpkgopt='path-exclude=/usr/share/man/*' \
    --dpkgopt='path-exclude=/usr/share/info/*' \
    --dpkgopt='path-exclude=/usr/share/locale/*' \
    "$@" "$suite" "$target" "deb [signed-by=$debian_keyring] $(debian_mirror) $suite main"
}

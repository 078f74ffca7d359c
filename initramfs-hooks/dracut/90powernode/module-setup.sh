#!/bin/bash
# shellcheck disable=SC2154 # moddir, initdir and the like are dracut's
#
# dracut module: puts the agent, its configuration and its drivers into the
# image, for a diskless node (powernode-boot.service) and for one with an
# ordinary root= (pre-pivot hook).

check() {
    require_binaries /usr/bin/powernode-agent || return 1
    return 0
}

# The network and the name service are the generator's own.
depends() {
    echo systemd systemd-initrd systemd-networkd systemd-resolved kernel-network-modules
}

installkernel() {
    local driver load
    mkdir -p "$initdir/usr/lib/modules-load.d"
    while read -r driver load; do
        case $driver in
            '' | '#'*) continue ;;
        esac
        # Without the host-only filter: the list says what a node needs.
        hostonly='' instmods "$driver"
        if [ "$load" = load ]; then
            echo "$driver" >> "$initdir/usr/lib/modules-load.d/powernode.conf"
        fi
    done < /usr/lib/powernode/initramfs-drivers
}

install() {
    inst_simple "$moddir/powernode-boot.service" "$systemdsystemunitdir/powernode-boot.service"
    $SYSTEMCTL -q --root "$initdir" add-requires initrd-root-fs.target powernode-boot.service
    inst_hook pre-pivot 50 "$moddir/powernode-pre-pivot.sh"

    inst_binary /usr/bin/powernode-agent
    inst_multiple -o /etc/powernode/agent.conf /etc/powernode/platform-ca.pem /etc/powernode/policy.json \
        "/etc/powernode/trust/*.pem" "/etc/powernode/trust/*.json"
}

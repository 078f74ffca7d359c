// What a freshly composed root needs to know of this boot: the resolver the initramfs's network
// configuration learnt, and the host's name. Written into the union's upper layer, never into a
// module.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "agent/base/paths.h"
#include "agent/base/result.h"

namespace powernode::runtime {

// resolv.conf text from the `IPV4DNS0=…`, `DNSDOMAIN=…` lines of one /run/net-<interface>.conf
// (klibc's ipconfig, dhcpcd in initramfs-tools). Empty when it names no server. Addresses are
// checked; 0.0.0.0 is "none".
std::string ResolverFromNetConf(std::string_view net_conf);

// The initramfs's resolver, such that it holds after the switch: /run/systemd/resolve/resolv.conf,
// else /etc/resolv.conf, else /run/net-*.conf (node-files.md §9.2, E4). Empty when there is none.
std::string FindResolver(const Paths& paths);

// Makes sure that this process's own resolver (c-ares reads /etc/resolv.conf) knows it.
Status InstallOwnResolver(const Paths& paths, const std::string& resolver);

// Writes /etc/resolv.conf below `new_root` unless it has a non-empty one or links to a running
// resolver's.
Status InstallResolver(const std::string& new_root, const std::string& resolver);

}  // namespace powernode::runtime

// Waiting for the network the initramfs brings up by its own means (node-files.md §9.2, E4): for
// one route, never for all links, and never fatal.
#pragma once

#include <chrono>
#include <stop_token>
#include <string>
#include <string_view>

#include "agent/base/clock.h"
#include "agent/base/paths.h"

namespace powernode::runtime {

// True when /proc/net/route (or ipv6_route) text has a route through an interface other than lo.
bool HasRoute(std::string_view route_table);
bool HasRoute6(std::string_view route_table);

struct NetworkState {
  bool route = false;
  std::string resolver;  // resolv.conf text; empty: none found
};

// Returns as soon as there is a route and a resolver; with a route but no resolver it waits two
// seconds more.
NetworkState WaitForNetwork(const Paths& paths, std::chrono::milliseconds patience, Clock& clock,
                            std::stop_token stop);

}  // namespace powernode::runtime

#include "runtime/network_wait.h"

#include <algorithm>

#include "agent/base/files.h"
#include "runtime/root_files.h"

namespace powernode::runtime {
namespace {

constexpr std::size_t kMaxTable = 4 * 1024 * 1024;
constexpr std::chrono::milliseconds kStep{100};
constexpr std::chrono::milliseconds kForResolver{2'000};

// Calls `usable` for each line until it says yes.
template <typename Usable>
bool AnyLine(std::string_view text, Usable usable) {
  while (!text.empty()) {
    const std::size_t newline = text.find('\n');
    if (usable(text.substr(0, newline))) return true;
    text.remove_prefix(newline == std::string_view::npos ? text.size() : newline + 1);
  }
  return false;
}

bool RouteIsThere(const Paths& paths) {
  const Result<std::string> routes = ReadFile(paths.routes, kMaxTable);
  if (routes && HasRoute(*routes)) return true;
  const Result<std::string> routes6 = ReadFile(paths.routes6, kMaxTable);
  return routes6 && HasRoute6(*routes6);
}

}  // namespace

bool HasRoute(std::string_view route_table) {
  return AnyLine(route_table, [](std::string_view line) {
    const std::string_view interface = line.substr(0, line.find('\t'));
    return !interface.empty() && interface != "Iface" && interface != "lo";
  });
}

// The default route (64 zeros of prefix ::/0) through a real interface; link-local routes are
// always there.
bool HasRoute6(std::string_view route_table) {
  return AnyLine(route_table, [](std::string_view line) {
    const std::size_t last_space = line.find_last_of(' ');
    if (last_space == std::string_view::npos) return false;
    return line.starts_with("00000000000000000000000000000000 00 ") &&
           line.substr(last_space + 1) != "lo";
  });
}

NetworkState WaitForNetwork(const Paths& paths, std::chrono::milliseconds patience, Clock& clock,
                            std::stop_token stop) {
  auto deadline = clock.Monotonic() + patience;
  NetworkState state;
  for (;;) {
    if (!state.route && RouteIsThere(paths)) {
      state.route = true;
      deadline = std::min(deadline, clock.Monotonic() + kForResolver);
    }
    state.resolver = FindResolver(paths);
    if ((state.route && !state.resolver.empty()) || clock.Monotonic() >= deadline) return state;
    if (!clock.Sleep(kStep, stop)) return state;
  }
}

}  // namespace powernode::runtime

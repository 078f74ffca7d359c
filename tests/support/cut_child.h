// A child that dies before its n-th system call, for every n in turn: what is on the disk and at
// the platform then is what a crash leaves. Only the calls that have an effect outside the process
// count; with POWERNODE_CRASH=every in the environment all do.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>

namespace powernode::testing {

// More calls than any of these children makes.
inline constexpr std::size_t kMostCalls = 20'000;

// The exit status of `body`, or nullopt when it was killed before its `cut`-th call, from 1 on.
std::optional<int> RunCutAt(std::size_t cut, const std::function<int()>& body);

}  // namespace powernode::testing

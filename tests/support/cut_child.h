// A child that dies before its n-th system call, for every n in turn: what is on the disk and at
// the platform then is what a crash leaves. Only the calls that have an effect outside the process
// count; with POWERNODE_CRASH=every in the environment all do.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>

namespace powernode::testing {

// The exit status of `body`, or nullopt when it was killed before its `cut`-th call, from 1 on.
std::optional<int> RunCutAt(std::size_t cut, const std::function<int()>& body);

// Plays `round` for every cut until a child comes to its end, with 0, in a test case. `round` runs
// the child by RunCutAt, starts again, checks, and returns what RunCutAt did. Fewer than `least`
// places to cut at, and the child did not do what it should.
void CutEverywhere(const std::function<std::optional<int>(std::size_t cut)>& round,
                   std::size_t least = 20);

}  // namespace powernode::testing

// A child process that stops before each of its system calls (ptrace(2), PTRACE_GET_SYSCALL_INFO:
// Linux 5.3), so that a test sees their order, and can end the child between any two of them.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>

namespace powernode::testing {

struct SystemCall {
  std::uint64_t number = 0;
  std::array<std::uint64_t, 6> arguments{};
};

enum class Then { kGoOn, kKill };

// Forks and runs `body` in the child; `before` is asked before each system call, which has not
// begun. The child's exit status, or nullopt when it was killed.
std::optional<int> RunTraced(const std::function<int()>& body,
                             const std::function<Then(const SystemCall&)>& before);

}  // namespace powernode::testing

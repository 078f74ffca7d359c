#include "tests/support/traced_child.h"

#include <doctest/doctest.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>

namespace powernode::testing {
namespace {

constexpr int kSystemCallStop = SIGTRAP | 0x80;  // PTRACE_O_TRACESYSGOOD

}  // namespace

std::optional<int> RunTraced(const std::function<int()>& body,
                             const std::function<Then(const SystemCall&)>& before) {
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    if (::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr) < 0) ::_exit(126);
    ::raise(SIGSTOP);
    ::_exit(body());
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  REQUIRE(WIFSTOPPED(status));
  REQUIRE(::ptrace(PTRACE_SETOPTIONS, child, nullptr,
                   reinterpret_cast<void*>(PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL)) == 0);
  long signal = 0;
  for (;;) {
    REQUIRE(::ptrace(PTRACE_SYSCALL, child, nullptr, reinterpret_cast<void*>(signal)) == 0);
    REQUIRE(::waitpid(child, &status, 0) == child);
    if (WIFEXITED(status)) return WEXITSTATUS(status);
    if (WIFSIGNALED(status)) return std::nullopt;
    signal = WSTOPSIG(status) == kSystemCallStop ? 0 : WSTOPSIG(status);
    if (signal != 0) continue;
    __ptrace_syscall_info info{};
    REQUIRE(::ptrace(static_cast<__ptrace_request>(PTRACE_GET_SYSCALL_INFO), child,
                     reinterpret_cast<void*>(sizeof info), &info) > 0);
    if (info.op != PTRACE_SYSCALL_INFO_ENTRY) continue;
    SystemCall call{.number = info.entry.nr};
    std::copy_n(std::begin(info.entry.args), call.arguments.size(), call.arguments.begin());
    if (before(call) == Then::kGoOn) continue;
    ::kill(child, SIGKILL);
    REQUIRE(::waitpid(child, &status, 0) == child);
    return std::nullopt;
  }
}

}  // namespace powernode::testing

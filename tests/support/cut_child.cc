#include "tests/support/cut_child.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/syscall.h>

#include <string_view>

#include "tests/support/traced_child.h"

namespace powernode::testing {
namespace {

constexpr std::size_t kMostCalls = 20'000;  // more than any of these children makes

bool EveryCallCounts() {
  const char* wish = ::getenv("POWERNODE_CRASH");
  return wish != nullptr && std::string_view(wish) == "every";
}

bool HasEffect(const SystemCall& call) {
  switch (call.number) {
    case SYS_openat:
      return (call.arguments[2] & O_CREAT) != 0;
    case SYS_write:
    case SYS_writev:
    case SYS_pwrite64:
    case SYS_ftruncate:
    case SYS_fsync:
    case SYS_fdatasync:
    case SYS_rename:
    case SYS_renameat:
    case SYS_renameat2:
    case SYS_unlink:
    case SYS_unlinkat:
    case SYS_rmdir:
    case SYS_mkdir:
    case SYS_mkdirat:
    case SYS_link:
    case SYS_linkat:
    case SYS_symlink:
    case SYS_symlinkat:
    case SYS_flock:
    case SYS_connect:
    case SYS_sendto:
    case SYS_sendmsg:
    case SYS_recvfrom:
    case SYS_recvmsg:
      return true;
    default:
      return false;
  }
}

}  // namespace

std::optional<int> RunCutAt(std::size_t cut, const std::function<int()>& body) {
  const bool every = EveryCallCounts();
  std::size_t calls = 0;
  return RunTraced(body, [&](const SystemCall& call) {
    return (every || HasEffect(call)) && ++calls == cut ? Then::kKill : Then::kGoOn;
  });
}

void CutEverywhere(const std::function<std::optional<int>(std::size_t cut)>& round,
                   std::size_t least) {
  for (std::size_t cut = 1; cut < kMostCalls; ++cut) {
    CAPTURE(cut);
    const std::optional<int> ended = round(cut);
    if (!ended) continue;
    CHECK(*ended == 0);
    CHECK(cut > least);
    MESSAGE("cut at " << cut - 1 << " places");
    return;
  }
  FAIL("it does not end");
}

}  // namespace powernode::testing

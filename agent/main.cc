// powernode-agent: see README.md. Everything is in the rooms; this file only starts the command.

#include <cxxabi.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <typeinfo>

#include "agent/commands/command.h"

// What libstdc++ does with an exception that nobody catches. Its own writes the message, which may
// hold what a platform or a file said, and the demangled type, which takes 45 KiB of demangler.
namespace __gnu_cxx {                 // NOLINT(bugprone-reserved-identifier)
void __verbose_terminate_handler() {  // NOLINT(bugprone-reserved-identifier)
  const std::type_info* type = abi::__cxa_current_exception_type();
  for (const char* part : {"powernode-agent: ends on an exception nobody caught: ",
                           type ? type->name() : "none", "\n"})
    if (::write(STDERR_FILENO, part, std::strlen(part)) < 0) break;
  std::abort();
}
}  // namespace __gnu_cxx

int main(int argc, char** argv) {
  ::prctl(PR_SET_DUMPABLE, 0);  // no core dump with a key in it (node-files.md §2.8)
  return powernode::commands::Main(argc, argv);
}

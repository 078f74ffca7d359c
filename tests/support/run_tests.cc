#define DOCTEST_CONFIG_IMPLEMENT
#include "tests/support/run_tests.h"

#include <doctest/doctest.h>
#include <sched.h>
#include <sys/mount.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "tests/support/path_guard.h"

namespace powernode::testing {
namespace {

bool InContinuousIntegration() {
  const char* ci = std::getenv("CI");
  return ci != nullptr && std::string_view(ci) == "true";
}

int Skip(const char* program) {
  std::fprintf(stderr,
               "\n*** SKIPPED: %s needs root: it mounts, in a mount namespace of its own.\n"
               "*** Nothing of it was tested. Run it as root.\n\n",
               program);
  if (!InContinuousIntegration()) return kSkipped;
  std::fprintf(stderr, "*** CI=true: a skipped test is a failed test.\n");
  return EXIT_FAILURE;
}

// What the tests mount stays invisible outside, and ends with the program.
bool EnterPrivateMountNamespace() {
  if (::unshare(CLONE_NEWNS) == 0 &&
      ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0)
    return true;
  std::perror("private mount namespace");
  return false;
}

}  // namespace

int RunTests(int argc, char** argv, Privilege privilege) {
  if (privilege == Privilege::kRoot) {
    if (::geteuid() != 0) return Skip(argv[0]);
    if (!EnterPrivateMountNamespace()) return EXIT_FAILURE;
  }

  PathGuard guard(PathGuard::NodePaths());
  int status = doctest::Context(argc, argv).run();
  for (const std::string& offence : guard.Offences()) {
    std::fprintf(stderr, "*** PATH GUARD: a test touched this machine: %s\n", offence.c_str());
    status = EXIT_FAILURE;
  }
  return status;
}

}  // namespace powernode::testing

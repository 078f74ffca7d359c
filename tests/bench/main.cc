// `make bench`: prints the table of figures. Needs root (mounts, in a mount namespace of its own).

#include <sched.h>
#include <sys/mount.h>

#include <cstdio>
#include <exception>

#include "tests/bench/figure.h"

int main(int argc, char** argv) {
  using namespace powernode::bench;
  if (argc != 2) {
    std::fprintf(stderr, "usage: powernode-bench <stripped powernode-agent>\n");
    return 2;
  }
  if (::unshare(CLONE_NEWNS) != 0 ||
      ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) {
    std::perror("a private mount namespace (root is needed)");
    return 1;
  }
  const Subject subject{.agent = argv[1]};
  std::printf("%-34s %-14s %-22s %-6s %s\n", "FIGURE", "MEASURED", "BAR", "", "BESIDE IT");
  const auto print = [](const std::vector<Figure>& figures) {
    for (const Figure& figure : figures) {
      std::printf("%-34s %-14s %-22s %-6s %s\n", figure.name.c_str(), figure.measured.c_str(),
                  figure.bar.c_str(), figure.within ? "ok" : "MISSED", figure.reference.c_str());
      std::fflush(stdout);
    }
  };
  try {
    print(ProcessFigures(subject));
    print(ComposeFigures());
    print(ComposefsFigures());
    print(ServiceFigures());
    print(DigestFigures());
    print(SignatureFigures());
    print(PullFigures());
  } catch (const std::exception& problem) {
    std::fprintf(stderr, "bench: %s\n", problem.what());
    return 1;
  }
  return 0;
}

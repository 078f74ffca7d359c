// `make bench`: prints the table of figures, or those of the groups that are named. Needs root
// (mounts, in a mount namespace of its own).
//
// Each group is measured by a process of its own, so that none finds the memory of the one before.

#include <sched.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <exception>
#include <string>
#include <string_view>
#include <vector>

#include "tests/bench/figure.h"

namespace powernode::bench {
namespace {

struct Group {
  std::string_view name;
  std::vector<Figure> (*measure)(const Subject& subject);
};

constexpr std::array kGroups = {
    Group{"process", ProcessFigures},
    Group{"compose", [](const Subject&) { return ComposeFigures(); }},
    Group{"composefs", [](const Subject&) { return ComposefsFigures(); }},
    Group{"swap", [](const Subject&) { return SwapFigures(); }},
    Group{"service", [](const Subject&) { return ServiceFigures(); }},
    Group{"digest", [](const Subject&) { return DigestFigures(); }},
    Group{"signature", [](const Subject&) { return SignatureFigures(); }},
    Group{"pull", [](const Subject&) { return PullFigures(); }},
    Group{"renewal", [](const Subject&) { return RenewalFigures(); }},
    Group{"pack", PackFigures},
};

const Group* FindGroup(std::string_view name) {
  for (const Group& group : kGroups)
    if (group.name == name) return &group;
  return nullptr;
}

int Measure(const Group& group, const Subject& subject) {
  try {
    for (const Figure& figure : group.measure(subject))
      std::printf("%-34s %-14s %-22s %-6s %s\n", figure.name.c_str(), figure.measured.c_str(),
                  figure.bar.c_str(), figure.within ? "ok" : "MISSED", figure.reference.c_str());
  } catch (const std::exception& problem) {
    std::fprintf(stderr, "bench: %s: %s\n", std::string(group.name).c_str(), problem.what());
    return 1;
  }
  return 0;
}

// This program again, for one group.
int MeasureApart(const Group& group, const char* agent) {
  const std::string name(group.name);
  const pid_t child = ::fork();
  if (child == 0) {
    ::execl("/proc/self/exe", "powernode-bench", agent, name.c_str(), nullptr);
    ::_exit(127);
  }
  int status = 0;
  return child > 0 && ::waitpid(child, &status, 0) == child && status == 0 ? 0 : 1;
}

}  // namespace
}  // namespace powernode::bench

int main(int argc, char** argv) {
  using namespace powernode::bench;
  std::vector<const Group*> wanted;
  for (int i = 2; i < argc; ++i) wanted.push_back(FindGroup(argv[i]));
  bool known = argc >= 2;
  for (const Group* group : wanted) known = known && group != nullptr;
  if (!known) {
    std::fprintf(stderr, "usage: powernode-bench <stripped powernode-agent> [group...]\ngroups:");
    for (const Group& group : kGroups) std::fprintf(stderr, " %s", std::string(group.name).c_str());
    std::fprintf(stderr, "\n");
    return 2;
  }
  if (::unshare(CLONE_NEWNS) != 0 ||
      ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) {
    std::perror("a private mount namespace (root is needed)");
    return 1;
  }
  if (wanted.size() == 1) return Measure(*wanted.front(), {.agent = argv[1]});
  std::printf("%-34s %-14s %-22s %-6s %s\n", "FIGURE", "MEASURED", "BAR", "", "BESIDE IT");
  std::fflush(stdout);
  if (wanted.empty())
    for (const Group& group : kGroups) wanted.push_back(&group);
  int status = 0;
  for (const Group* group : wanted) status |= MeasureApart(*group, argv[1]);
  return status;
}

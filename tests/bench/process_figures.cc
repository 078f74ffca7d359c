// The program as a file and as a process: its size, what it adds to an initramfs, and what starting
// it costs.

#include <spawn.h>
#include <sys/wait.h>
#include <zstd.h>

#include <array>
#include <cstdio>
#include <fstream>
#include <sstream>
#include <stdexcept>

#include "tests/bench/figure.h"

extern char** environ;

namespace powernode::bench {
namespace {

constexpr double kMiB = 1024.0 * 1024.0;
constexpr int kStarts = 300;
constexpr int kInitramfsLevel = 9;  // what Debian's mkinitramfs gives zstd

std::string Content(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::stringstream content;
  content << file.rdbuf();
  if (!file) throw std::runtime_error("cannot read " + path);
  return content.str();
}

void RunOnce(const std::string& program, const char* argument) {
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", 1 /* O_WRONLY */, 0);
  std::array<char*, 3> arguments{const_cast<char*>(program.c_str()), const_cast<char*>(argument),
                                 nullptr};
  pid_t child = 0;
  if (::posix_spawn(&child, program.c_str(), &actions, nullptr, arguments.data(), environ) != 0)
    throw std::runtime_error("cannot start " + program);
  ::posix_spawn_file_actions_destroy(&actions);
  int status = 0;
  ::waitpid(child, &status, 0);
  if (status != 0) throw std::runtime_error(program + " failed");
}

Milliseconds MedianStart(const std::string& program, const char* argument) {
  std::vector<Milliseconds> runs;
  for (int i = 0; i < kStarts; ++i) runs.push_back(Timed([&] { RunOnce(program, argument); }));
  return Median(std::move(runs));
}

}  // namespace

std::vector<Figure> ProcessFigures(const Subject& subject) {
  const std::string agent = Content(subject.agent);
  std::string compressed(ZSTD_compressBound(agent.size()), '\0');
  const std::size_t size = ZSTD_compress(compressed.data(), compressed.size(), agent.data(),
                                         agent.size(), kInitramfsLevel);
  const double stripped_mib = static_cast<double>(agent.size()) / kMiB;
  const double added_mib = static_cast<double>(size) / kMiB;
  const double version = MedianStart(subject.agent, "version").count();
  const double nothing = MedianStart("/bin/true", nullptr).count();
  return {
      {"stripped program", Text(stripped_mib, "MiB"), "4.00 MiB", "Go agent 9.8 MB",
       stripped_mib <= 4.0},
      {"in a zstd initramfs", Text(added_mib, "MiB"), "1.80 MiB", "ignition + afterburn 9 MB",
       added_mib <= 1.8},
      {"`version`, whole process", Text(version, "ms"), "1.00 ms",
       "/bin/true " + Text(nothing, "ms"), version <= 1.0},
  };
}

}  // namespace powernode::bench

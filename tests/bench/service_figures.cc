// The service's memory after 1,000 heartbeats, and after 10,000 with 1,000 reconciles: its real
// heartbeat loop and reconciler, without the waits, in a child of their own, against the reference
// control plane.

#include <dirent.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <fstream>
#include <stdexcept>
#include <string>

#include "runtime/findings.h"
#include "runtime/heartbeat_loop.h"
#include "runtime/reconcile.h"
#include "tests/bench/composed_images.h"
#include "tests/bench/figure.h"
#include "tests/bench/joined_node.h"
#include "tests/support/temporary_directory.h"

namespace powernode::bench {
namespace {

constexpr int kFirst = 100;
constexpr int kThousand = 1'000;
constexpr int kAll = 10'000;
constexpr int kBeatsPerReconcile = 10;

struct Usage {
  double resident_mib = 0;
  int descriptors = 0;
};

Usage OwnUsage() {
  long pages = 0;
  long resident = 0;
  std::ifstream("/proc/self/statm") >> pages >> resident;
  Usage usage{.resident_mib =
                  static_cast<double>(resident * ::sysconf(_SC_PAGESIZE)) / (1024 * 1024)};
  DIR* directory = ::opendir("/proc/self/fd");
  while (::readdir(directory) != nullptr) ++usage.descriptors;
  ::closedir(directory);
  return usage;
}

// After the first hundred, a thousand, and all heartbeats.
std::array<Usage, 3> Beat(const JoinedNode& node) {
  Log log(-1, LogFormat::kPeople, LogLevel::kError);
  runtime::Findings findings(SystemClock(), log);
  runtime::SharedPlatform platform;
  platform.Set(std::make_shared<runtime::JoinedPlatform>(node.credentials, enroll::CurlTransports(),
                                                         SystemClock()));
  runtime::ReportBoard board;
  runtime::HeartbeatLoop loop(node.paths, std::chrono::milliseconds(1), platform, board, findings,
                              SystemClock(), log);
  const runtime::Settings settings{.verify = verify::TrustMode::kAudit};  // nobody signed it
  const mount::KernelFeatures features = mount::ProbeKernelFeatures();
  runtime::Reconciler reconciler(node.paths, settings, features, nullptr, SystemClock());
  std::array<Usage, 3> usage;
  for (int beat = 1; beat <= kAll; ++beat) {
    loop.Tick({});
    if (!loop.last().error.empty()) throw std::runtime_error(loop.last().error);
    if (beat % kBeatsPerReconcile == 0)
      if (const auto done = reconciler.Run(platform.Get()->session, runtime::Apply::kYes, {});
          !done)
        throw std::runtime_error(done.error().message());
    if (beat == kFirst) usage[0] = OwnUsage();
    if (beat == kThousand) usage[1] = OwnUsage();
  }
  usage[2] = OwnUsage();
  return usage;
}

}  // namespace

std::vector<Figure> ServiceFigures() {
  const testing::TemporaryDirectory directory;
  JoinedNode node((directory / "node").string());
  node.plane.AddModule(MakeImage(directory.path().string(), 0),
                       {"--name", "module", "--priority", "1", "--no-sign"});
  node.plane.Assign("bench", {"module"});
  int ends[2];
  if (::pipe(ends) != 0) throw std::runtime_error("pipe failed");
  const pid_t child = ::fork();
  if (child == 0) {
    const std::array<Usage, 3> usage = Beat(node);
    ::_exit(::write(ends[1], &usage, sizeof usage) == sizeof usage ? 0 : 1);
  }
  ::close(ends[1]);
  std::array<Usage, 3> usage;
  const bool read = ::read(ends[0], &usage, sizeof usage) == sizeof usage;
  ::close(ends[0]);
  int status = 0;
  ::waitpid(child, &status, 0);
  if (!read || status != 0) throw std::runtime_error("the heartbeats failed");
  const double growth_kib = (usage[2].resident_mib - usage[0].resident_mib) * 1024;
  const int descriptors = usage[2].descriptors - usage[0].descriptors;
  return {
      {"resident after 1,000 heartbeats", Text(usage[1].resident_mib, "MiB"), "8.00 MiB",
       "Go agent 7 MB for `version`", usage[1].resident_mib <= 8},
      {"after 10,000 and 1,000 reconciles", Text(usage[2].resident_mib, "MiB"), "9.00 MiB", "",
       usage[2].resident_mib <= 9},
      {"growth after the first 100", Text(growth_kib, "KiB"), "0 KiB, 0 descriptors",
       std::to_string(descriptors) + " descriptors", growth_kib <= 64 && descriptors == 0},
  };
}

}  // namespace powernode::bench

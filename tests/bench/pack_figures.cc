// `pack` of a tree as large as a small Debian root, image alone and with durable objects, beside
// mkcomposefs where it is on PATH. Where it is not: beside `tar c | sha256sum` of the tree, and
// beside copies that are made durable one by one, as mkcomposefs makes them.

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <limits>
#include <random>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "agent/base/files.h"
#include "agent/base/process.h"
#include "agent/base/syscalls.h"
#include "tests/bench/figure.h"
#include "tests/support/temporary_directory.h"

namespace powernode::bench {
namespace {

constexpr int kFiles = 10'000;
constexpr int kFilesInDirectory = 9;
constexpr double kMeanLogBytes = 8.3;  // with this spread about 210 MB, and most files a few KiB
constexpr double kSpreadLogBytes = 1.82;
constexpr std::size_t kMaxFileBytes = 12'000'000;
constexpr int kRounds = 3;

void Must(Status status) {
  if (!status) throw std::runtime_error(status.error().message());
}

void MakeTree(const std::string& root) {
  std::mt19937_64 random(4);
  std::lognormal_distribution<double> size_of(kMeanLogBytes, kSpreadLogBytes);
  std::string content(kMaxFileBytes, '\0');
  for (char& c : content) c = static_cast<char>(random());
  for (int i = 0; i < kFiles; ++i) {
    const int directory = i / kFilesInDirectory;
    const std::string path =
        root + "/" + std::to_string(directory % 30) + "/" + std::to_string(directory);
    if (i % kFilesInDirectory == 0) Must(MakeDirectories(path, 0755));
    const std::size_t size =
        std::min(kMaxFileBytes, static_cast<std::size_t>(std::llround(size_of(random))));
    const std::size_t from = random() % (kMaxFileBytes - size + 1);
    Must(WriteFile(path + "/file" + std::to_string(i), content.substr(from, size), 0644));
  }
  ::sync();
}

std::string OnPath(const std::string& name) {
  const char* const path = std::getenv("PATH");
  std::istringstream directories(path == nullptr ? "" : path);
  for (std::string directory; std::getline(directories, directory, ':');)
    if (::access((directory + "/" + name).c_str(), X_OK) == 0) return directory + "/" + name;
  return "";
}

void Run(const std::vector<std::string>& words) {
  const Result<ProcessOutcome> outcome =
      SystemProcessRunner().Run(words, std::chrono::seconds(300));
  if (!outcome) throw std::runtime_error(outcome.error().message());
  if (outcome->exit_code != 0) throw std::runtime_error(words[0] + ": " + outcome->output);
}

void CopyEachDurably(const std::string& root, const std::string& store) {
  Must(MakeDirectories(store, 0755));
  int number = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(root)) {
    if (!entry.is_regular_file()) continue;
    const std::string temporary = store + "/part";
    const Result<std::string> content = ReadFile(entry.path(), kMaxFileBytes);
    const Result<Fd> fd = Open(temporary, O_WRONLY | O_CREAT | O_EXCL, 0644);
    if (!content || !fd) throw std::runtime_error("cannot copy " + entry.path().string());
    Must(WriteAll(*fd, AsBytes(*content)));
    Must(Fsync(*fd));
    Must(Rename(temporary, store + "/" + std::to_string(number++)));
  }
}

struct Times {
  double own = std::numeric_limits<double>::infinity();  // the best of the rounds, milliseconds
  double reference = std::numeric_limits<double>::infinity();
};

Figure AtMost(std::string name, const Times& times, double bar, const std::string& reference) {
  const double ratio = times.own / times.reference;
  return {std::move(name), Text(ratio, "x"), "at most " + Text(bar, "x"),
          reference + " " + Text(times.reference, "ms") + ", here " + Text(times.own, "ms"),
          ratio <= bar + 0.005};
}

}  // namespace

std::vector<Figure> PackFigures(const Subject& subject) {
  const testing::TemporaryDirectory directory;
  const std::string tree = directory / "tree";
  const std::string image = directory / "image";
  const std::string own_image = directory / "own-image";
  MakeTree(tree);
  const std::string mkcomposefs = OnPath("mkcomposefs");

  Times images;
  Times objects;
  for (int round = 0; round < kRounds; ++round) {
    const auto best = [](double& so_far, const std::function<void()>& work) {
      so_far = std::min(so_far, Timed(work).count());
    };
    // Fresh each time, and kept to the end: ext4 looks long for an inode when many were freed just
    // before.
    const std::string number = std::to_string(round);
    const std::string own_store = directory / ("own-store-" + number);
    const std::string store = directory / ("store-" + number);
    best(images.reference, [&] {
      if (mkcomposefs.empty())
        Run({"/bin/sh", "-c", "tar cf - -C '" + tree + "' . | sha256sum"});
      else
        Run({mkcomposefs, tree, image});
    });
    best(images.own, [&] { Run({subject.agent, "pack", tree, "--image", own_image}); });
    ::sync();
    best(objects.reference, [&] {
      if (mkcomposefs.empty())
        CopyEachDurably(tree, store);
      else
        Run({mkcomposefs, "--digest-store=" + store, tree, image});
    });
    ::sync();
    best(objects.own, [&] {
      Run({subject.agent, "pack", tree, "--image", own_image, "--objects", own_store});
    });
  }
  const std::string reference = mkcomposefs.empty() ? "tar | sha256sum" : "mkcomposefs";
  const std::string durable = mkcomposefs.empty() ? "copy, fsync each" : "mkcomposefs";
  return {AtMost("pack, image only", images, 0.5, reference),
          AtMost("pack, objects durable", objects, 0.25, durable)};
}

}  // namespace powernode::bench

// Digests beside the programs and libraries made for them, in the same run: fs-verity beside
// fsverity(1), over a file of 1 GiB in the page cache, and the SHA-256 of one stream beside
// OpenSSL's. Rounds alternate, and the best of each are compared, so that what else the machine
// does falls on all alike.

#include <fcntl.h>
#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <functional>
#include <limits>
#include <stdexcept>
#include <string>
#include <vector>

#include "agent/base/process.h"
#include "agent/base/syscalls.h"
#include "tests/bench/figure.h"
#include "tests/support/temporary_directory.h"
#include "verify/fsverity_measure.h"
#include "verify/sha256.h"

namespace powernode::bench {
namespace {

constexpr std::uint64_t kFileBytes = 1024ULL * 1024 * 1024;
constexpr std::size_t kChunk = 1024 * 1024;
constexpr std::size_t kStreamChunks = 256;
constexpr int kRounds = 7;

std::vector<std::byte> Chunk() {
  std::vector<std::byte> chunk(kChunk);
  std::uint64_t state = 88172645463325252ULL;
  for (std::byte& byte : chunk) {
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    byte = static_cast<std::byte>(state);
  }
  return chunk;
}

template <typename T>
T Must(Result<T> result) {
  if (!result) throw std::runtime_error(result.error().message());
  return std::move(result).value();
}

void MakeFile(const std::string& path, const std::vector<std::byte>& chunk) {
  const Fd file = Must(Open(path, O_WRONLY | O_CREAT | O_EXCL, 0600));
  for (std::uint64_t done = 0; done < kFileBytes; done += chunk.size())
    if (!WriteAll(file, chunk)) throw std::runtime_error("cannot write " + path);
  if (!Fsync(file)) throw std::runtime_error("cannot sync " + path);  // not while others measure
}

std::string ByProgram(const std::string& path) {
  const ProcessOutcome outcome = Must(
      SystemProcessRunner().Run({POWERNODE_FSVERITY, "digest", path}, std::chrono::seconds(120)));
  return outcome.output.substr(0, outcome.output.find(' '));
}

// The best of kRounds rounds of each, in milliseconds.
std::vector<double> Compare(const std::vector<std::function<void()>>& works) {
  std::vector<double> best(works.size(), std::numeric_limits<double>::infinity());
  for (int round = 0; round < kRounds; ++round)
    for (std::size_t i = 0; i < works.size(); ++i)
      best[i] = std::min(best[i], Timed(works[i]).count());
  return best;
}

std::string Speed(double bytes, double milliseconds) {
  return Text(bytes / milliseconds / 1e6, "GB/s");
}

// Judged as it is printed: to a hundredth.
Figure AtLeast(std::string name, double ratio, double bar, std::string reference) {
  return {std::move(name), Text(ratio, "x"), "at least " + Text(bar, "x"), std::move(reference),
          ratio >= bar - 0.005};
}

std::vector<Figure> FsVerityFigures(const std::vector<std::byte>& chunk) {
  const testing::TemporaryDirectory directory;
  const std::string path = directory / "file";
  MakeFile(path, chunk);
  const Fd file = Must(Open(path, O_RDONLY));
  const std::string wanted = ByProgram(path);
  const auto measure = [&](std::size_t threads, const verify::Sha256Engine& engine) {
    const auto digest = Must(verify::ComputeFsVerity(
        file, {.threads = threads, .access = verify::FileAccess::kMap, .engine = engine}));
    if (digest.ToString() != wanted) throw std::runtime_error("another fs-verity digest");
  };

  const verify::Sha256Engine best = Must(verify::ForcedSha256Engine());
  const Result<verify::Sha256Engine> sha_ni =
      verify::ChooseSha256Engine(verify::DetectCpu(), "shani");
  std::vector<std::function<void()>> works = {[&] { ByProgram(path); }, [&] { measure(1, best); },
                                              [&] { measure(2, best); }};
  if (sha_ni) works.emplace_back([&] { measure(1, *sha_ni); });
  const std::vector<double> took = Compare(works);

  const auto reference = [&](double own) {
    return "fsverity digest " + Speed(kFileBytes, took[0]) + ", here " + Speed(kFileBytes, own);
  };
  const std::string name(best.name);
  std::vector<Figure> figures = {
      AtLeast("fs-verity / fsverity (" + name + ")", took[0] / took[1],
              best.name == "avx512" ? 2.5 : 1.3, reference(took[1])),
      AtLeast("fs-verity, 2 threads (" + name + ")", took[0] / took[2], 4.5, reference(took[2])),
  };
  if (sha_ni && best.name != "shani")
    figures.push_back(
        AtLeast("fs-verity / fsverity (shani)", took[0] / took[3], 1.3, reference(took[3])));
  return figures;
}

Figure StreamFigure(const std::vector<std::byte>& chunk) {
  const double bytes = static_cast<double>(kChunk * kStreamChunks);
  const std::vector<double> took = Compare({
      [&] {
        EVP_MD_CTX* context = EVP_MD_CTX_new();
        std::array<unsigned char, 32> digest;
        EVP_DigestInit_ex(context, EVP_sha256(), nullptr);
        for (std::size_t i = 0; i < kStreamChunks; ++i)
          EVP_DigestUpdate(context, chunk.data(), chunk.size());
        EVP_DigestFinal_ex(context, digest.data(), nullptr);
        EVP_MD_CTX_free(context);
      },
      [&] {
        verify::Sha256 hash(Must(verify::ForcedSha256Engine()));
        for (std::size_t i = 0; i < kStreamChunks; ++i) hash.Update(chunk);
        (void)hash.Finish();
      },
  });
  return AtLeast("SHA-256 of a stream / OpenSSL", took[0] / took[1], 1.0,
                 "OpenSSL " + Speed(bytes, took[0]) + ", here " + Speed(bytes, took[1]));
}

}  // namespace

std::vector<Figure> DigestFigures() {
  const std::vector<std::byte> chunk = Chunk();
  std::vector<Figure> figures = FsVerityFigures(chunk);
  figures.push_back(StreamFigure(chunk));
  return figures;
}

}  // namespace powernode::bench

// A pull of a 1 GiB module from loopback, beside its three stages alone: receive, hash, write. The
// pull runs in a child of its own, so that its peak memory is its own.

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <optional>
#include <stdexcept>
#include <vector>

#include "agent/base/files.h"
#include "agent/base/syscalls.h"
#include "enroll/enroll.h"
#include "enroll/session.h"
#include "mount/blob_store.h"
#include "mount/node_blob_source.h"
#include "mount/puller.h"
#include "tests/bench/figure.h"
#include "tests/bench/joined_node.h"
#include "tests/support/temporary_directory.h"
#include "verify/sha256.h"

namespace powernode::bench {
namespace {

constexpr std::uint64_t kBytes = 1024ULL * 1024 * 1024;
constexpr std::size_t kChunk = 1024 * 1024;

void Must(Status status) {
  if (!status) throw std::runtime_error(status.error().message());
}

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

void WriteAlone(const std::string& path, const std::vector<std::byte>& chunk) {
  Result<Fd> file = Open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
  if (!file) throw std::runtime_error(file.error().message());
  for (std::uint64_t done = 0; done < kBytes; done += chunk.size()) Must(WriteAll(*file, chunk));
  Must(Fsync(*file));
}

std::string HashAlone(const std::vector<std::byte>& chunk) {
  verify::Sha256 hash;
  for (std::uint64_t done = 0; done < kBytes; done += chunk.size()) hash.Update(chunk);
  return hash.FinishHex();
}

void ReceiveAlone(enroll::Session& session, const verify::BlobDigest& digest) {
  mount::NodeBlobSource source(session);
  std::uint64_t received = 0;
  Must(source.FetchBlob(
      {.module_id = "big", .digest = digest, .max_bytes = kBytes},
      [](const mount::BlobHead&) { return Ok(); },
      [&](std::span<const std::byte> bytes) {
        received += bytes.size();
        return Ok();
      },
      {}));
  if (received != kBytes) throw std::runtime_error("received another size");
}

struct Pulled {
  double milliseconds = 0;
  long peak_kib = 0;
};

// In a child: wall time through a pipe, peak memory from wait4(2).
Pulled PullInChild(enroll::Session& session, const Paths& paths, const verify::BlobDigest& digest) {
  int ends[2];
  if (::pipe(ends) != 0) throw std::runtime_error("pipe failed");
  const pid_t child = ::fork();
  if (child == 0) {
    const mount::BlobStore store(paths, 0);
    const verify::ImageVerifier verifier({.mode = verify::TrustMode::kAudit});
    mount::NodeBlobSource source(session);
    const mount::Puller puller(store, verifier, &source, SystemClock(), {});
    const double took =
        Timed([&] {
          const auto image = puller.Pull(
              {.module_id = "big", .name = "big", .digest = digest, .size = kBytes}, {});
          if (!image) std::fprintf(stderr, "%s\n", image.error().message().c_str());
          if (!image) ::_exit(1);
        }).count();
    const bool told = ::write(ends[1], &took, sizeof took) == sizeof took;
    ::_exit(told ? 0 : 1);
  }
  ::close(ends[1]);
  Pulled pulled;
  int status = 0;
  rusage usage{};
  if (::read(ends[0], &pulled.milliseconds, sizeof pulled.milliseconds) !=
          sizeof pulled.milliseconds ||
      ::wait4(child, &status, 0, &usage) != child || status != 0)
    throw std::runtime_error("the pull failed");
  ::close(ends[0]);
  pulled.peak_kib = usage.ru_maxrss;
  return pulled;
}

}  // namespace

std::vector<Figure> PullFigures() {
  const testing::TemporaryDirectory directory;
  const std::string image = (directory / "big").string();
  const std::vector<std::byte> chunk = Chunk();
  const double write = Timed([&] { WriteAlone(image, chunk); }).count();
  std::string hex;
  const double hash = Timed([&] { hex = HashAlone(chunk); }).count();

  JoinedNode node((directory / "node").string());
  node.plane.AddModule(image, {"--name", "big", "--id", "big", "--priority", "1", "--no-sign"});
  node.plane.Assign("bench", {"big"});
  Result<verify::BlobDigest> digest = verify::BlobDigest::Parse(hex);
  if (!digest) throw std::runtime_error(digest.error().message());
  double receive = 0;
  {
    enroll::Session alone(node.credentials, enroll::CurlTransports(), SystemClock());
    receive = Timed([&] { ReceiveAlone(alone, *digest); }).count();
  }
  enroll::Session session(node.credentials, enroll::CurlTransports(), SystemClock());
  const Pulled pulled = PullInChild(session, node.paths, *digest);
  const double slowest = std::max({write, hash, receive});
  const double ratio = pulled.milliseconds / slowest;
  const double peak_mib = static_cast<double>(pulled.peak_kib) / 1024;
  return {
      {"pull of 1 GiB / slowest stage", Text(ratio, "x"), "1.30 x",
       "receive " + Text(receive / 1000, "s") + ", hash " + Text(hash / 1000, "s") + ", write " +
           Text(write / 1000, "s") + ", pull " + Text(pulled.milliseconds / 1000, "s"),
       ratio <= 1.3},
      {"pull of 1 GiB, resident", Text(peak_mib, "MiB"), "32.00 MiB", "", peak_mib <= 32},
  };
}

}  // namespace powernode::bench

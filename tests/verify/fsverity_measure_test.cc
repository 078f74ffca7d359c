#include "verify/fsverity_measure.h"

#include <doctest/doctest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <random>
#include <string>

#include "agent/base/files.h"
#include "agent/base/process.h"
#include "agent/base/syscalls.h"
#include "tests/support/temporary_directory.h"
#include "tests/verify/fsverity_reference.h"

namespace powernode::verify::fsverity_measure_test {
namespace {

constexpr std::size_t kChunk = 1024 * 1024;  // what one thread takes at a time

std::string RandomText(std::size_t size, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  std::string text(size, '\0');
  for (char& c : text) c = static_cast<char>(random());
  return text;
}

Fd FileOf(const testing::TemporaryDirectory& directory, std::string_view content) {
  const std::string path = directory / "file";
  REQUIRE(WriteFile(path, content, 0600).ok());
  Result<Fd> fd = Open(path, O_RDONLY);
  REQUIRE(fd.ok());
  return std::move(fd).value();
}

std::string Measured(const Fd& fd, std::size_t threads, const FsVerityParameters& parameters = {},
                     FileAccess access = FileAccess::kRead) {
  const Result<FsVerityDigest> digest =
      ComputeFsVerity(fd, {.parameters = parameters, .threads = threads, .access = access});
  REQUIRE_MESSAGE(digest.ok(), digest.error().message());
  return digest->ToString();
}

#ifdef POWERNODE_FSVERITY
// What fsverity(1) prints for the file.
std::string Printed(const std::string& path, std::vector<std::string> flags = {}) {
  flags.insert(flags.begin(), {POWERNODE_FSVERITY, "digest"});
  flags.push_back(path);
  const Result<ProcessOutcome> outcome = SystemProcessRunner().Run(flags, std::chrono::seconds(60));
  REQUIRE(outcome.ok());
  REQUIRE(outcome->exit_code == 0);
  return outcome->output.substr(0, outcome->output.find(' '));
}
#endif

}  // namespace

TEST_SUITE_BEGIN("fsverity measure");

TEST_CASE("any number of threads gives the reference's digest, at every edge of a chunk") {
  const testing::TemporaryDirectory directory;
  for (const std::size_t size :
       {std::size_t{0}, std::size_t{1}, std::size_t{4095}, std::size_t{4096}, std::size_t{4097},
        kChunk - 1, kChunk, kChunk + 1, 7 * kChunk - 4096, 7 * kChunk, 7 * kChunk + 1}) {
    const std::string text = RandomText(size, size);
    const Fd fd = FileOf(directory, text);
    const std::string wanted = testing::ReferenceFsVerity(text);
    for (const std::size_t threads : {1U, 2U, 3U, 8U, 64U})
      for (const FileAccess access : {FileAccess::kRead, FileAccess::kMap})
        REQUIRE_MESSAGE(Measured(fd, threads, {}, access) == wanted,
                        size << " bytes, threads: " << threads);
  }
}

TEST_CASE("holes have the digest of the zeros that they stand for") {
  const testing::TemporaryDirectory directory;
  const std::string head = RandomText(5000, 1);
  const std::string middle = RandomText(100, 2);
  std::string text(9 * kChunk + 17, '\0');  // begins with data and ends with a hole
  text.replace(0, head.size(), head);
  text.replace(4 * kChunk + 9, middle.size(), middle);
  const std::string path = directory / "sparse";
  {
    const Result<Fd> out = Open(path, O_RDWR | O_CREAT, 0600);
    REQUIRE(out.ok());
    REQUIRE(PwriteAll(*out, AsBytes(head), 0).ok());
    REQUIRE(PwriteAll(*out, AsBytes(middle), 4 * kChunk + 9).ok());
    REQUIRE(Ftruncate(*out, text.size()).ok());
  }
  const Result<Fd> fd = Open(path, O_RDONLY);
  REQUIRE(fd.ok());
  REQUIRE(Fstat(*fd)->st_blocks * 512 < static_cast<off_t>(text.size()));
  for (const std::size_t threads : {1U, 3U}) {
    CHECK(Measured(*fd, threads) == testing::ReferenceFsVerity(text));
    CHECK(Measured(*fd, threads, {.salt = FsVeritySalt::Of(AsBytes("salt")).value()}) ==
          testing::ReferenceFsVerity(text, "sha256", "salt"));
  }
}

TEST_CASE("takes salt and algorithm from the parameters") {
  const testing::TemporaryDirectory directory;
  const std::string text = RandomText(1'100'000, 1);
  const Fd fd = FileOf(directory, text);
  const FsVeritySalt salt = FsVeritySalt::Of(AsBytes("salt")).value();
  CHECK(Measured(fd, 2, {.salt = salt}) == testing::ReferenceFsVerity(text, "sha256", "salt"));
  CHECK(Measured(fd, 2, {.algorithm = FsVerityAlgorithm::kSha512, .salt = salt}) ==
        testing::ReferenceFsVerity(text, "sha512", "salt"));
}

TEST_CASE("prints what fsverity(1) prints") {
#ifdef POWERNODE_FSVERITY
  const testing::TemporaryDirectory directory;
  const std::string path = directory / "file";
  std::mt19937_64 random(9);
  for (int round = 0; round < 100; ++round) {
    const std::size_t size = random() % (std::size_t{1} << (4 + random() % 19));
    const Fd fd = FileOf(directory, RandomText(size, size));
    REQUIRE_MESSAGE(Measured(fd, 1 + round % 3) == Printed(path), size);
  }
  const Fd fd = FileOf(directory, RandomText(700'000, 9));
  CHECK(Measured(fd, 2,
                 {.algorithm = FsVerityAlgorithm::kSha512,
                  .salt = FsVeritySalt::Of(AsBytes("salt")).value()}) ==
        Printed(path, {"--hash-alg=sha512", "--salt=73616c74"}));
#else
  MESSAGE("not tested here: the program fsverity of the Debian package");
#endif
}

// In a memory file a hole costs nothing; the byte past 4 GiB is none. The digest was made with
// fsverity(1) over a disk file of the same bytes.
TEST_CASE("a file of more than 4 GiB has no seam at 32 bits") {
#ifdef POWERNODE_FSVERITY
  const Fd fd(::memfd_create("sparse", MFD_CLOEXEC));
  REQUIRE(PwriteAll(fd, std::array{std::byte{0}}, std::uint64_t{4} << 30).ok());
  for (const FileAccess access : {FileAccess::kRead, FileAccess::kMap})
    CHECK(Measured(fd, 2, {}, access) ==
          "sha256:ad45d7623311c033cfe2d8bccf26b329e730d013a2ecc7d682e20979dec61ba1");
#else
  MESSAGE("not tested here: an emulated processor would take minutes");
#endif
}

TEST_CASE("only regular files, only sane numbers of threads") {
  const testing::TemporaryDirectory directory;
  const Result<Fd> not_a_file = Open(directory.path(), O_RDONLY | O_DIRECTORY);
  REQUIRE(not_a_file.ok());
  CHECK(ComputeFsVerity(*not_a_file).error().code() == "not_a_file");
  const Fd fd = FileOf(directory, "text");
  for (const std::size_t threads : {0U, 65U})
    CHECK(ComputeFsVerity(fd, {.threads = threads}).error().code() == "bad_threads");
}

TEST_CASE("stops when asked to") {
  const testing::TemporaryDirectory directory;
  const Fd fd = FileOf(directory, RandomText(3 * kChunk, 1));
  std::stop_source stop;
  stop.request_stop();
  const Result<FsVerityDigest> digest = ComputeFsVerity(fd, {.threads = 2}, stop.get_token());
  REQUIRE_FALSE(digest.ok());
  CHECK(digest.error().kind() == ErrorKind::kUnavailable);
}

TEST_CASE("a file that cannot be read is not a file that differs") {
  const testing::TemporaryDirectory directory;
  REQUIRE(WriteFile(directory / "file", RandomText(3 * kChunk, 1), 0600).ok());
  const Result<Fd> fd = Open(directory / "file", O_WRONLY);
  REQUIRE(fd.ok());
  for (const FileAccess access : {FileAccess::kRead, FileAccess::kMap}) {
    const Result<FsVerityDigest> digest = ComputeFsVerity(*fd, {.threads = 3, .access = access});
    REQUIRE_FALSE(digest.ok());
    CHECK(digest.error().kind() == ErrorKind::kCannotTell);
    CHECK(digest.error().code() == "unreadable");
  }
}

TEST_SUITE_END();

}  // namespace powernode::verify::fsverity_measure_test

// fs-verity of the kernel that this runs on, for the file system that TMPDIR lies on: with it, the
// kernel and this code must agree; without it, it must be said.
#include <doctest/doctest.h>

#include <string>

#include "agent/base/files.h"
#include "agent/base/syscalls.h"
#include "tests/support/temporary_directory.h"
#include "verify/fsverity_measure.h"
#include "verify/kernel_fsverity.h"

namespace powernode::verify::real_kernel_fsverity_test {
namespace {

Fd ReadOnly(const std::string& path) {
  Result<Fd> fd = Open(path, O_RDONLY);
  REQUIRE(fd.ok());
  return std::move(fd).value();
}

// Whether the rest of a test case can run.
bool HasVerity(const std::string& directory) {
  const std::string path = directory + "/probe";
  REQUIRE(WriteFile(path, "probe", 0600).ok());
  const Status enabled = EnableVerity(ReadOnly(path));
  if (enabled.ok()) return true;
  REQUIRE_MESSAGE(enabled.error().kind() == ErrorKind::kUnsupported, enabled.error().message());
  CHECK(MeasureVerity(ReadOnly(path)).error().kind() == ErrorKind::kUnsupported);
  MESSAGE("the success path is not tested here: " << enabled.error().message());
  return false;
}

}  // namespace

TEST_SUITE_BEGIN("kernel fsverity, for real");

TEST_CASE("the kernel measures what is computed, for files of every shape") {
  const testing::TemporaryDirectory directory;
  if (!HasVerity(directory.path())) return;
  for (const std::size_t size :
       {0U, 1U, 4095U, 4096U, 4097U, 128U * 4096, 128U * 4096 + 1, 3'000'000U})
    for (const char* salt : {"", "salt"}) {
      CAPTURE(size);
      const std::string path = directory / (std::to_string(size) + salt);
      std::string content(size, '\0');
      for (std::size_t i = 0; i < size; ++i) content[i] = static_cast<char>(i * 131 + i / 65536);
      REQUIRE(WriteFile(path, content, 0600).ok());
      const Fd fd = ReadOnly(path);
      const FsVerityParameters parameters{.salt = FsVeritySalt::Of(AsBytes(salt)).value()};
      const Result<FsVerityDigest> computed = ComputeFsVerity(fd, {.parameters = parameters});
      REQUIRE(computed.ok());

      CHECK(MeasureVerity(fd).error().code() == "fsverity_not_enabled");
      CHECK(RequireVerity(fd, *computed).error().kind() == ErrorKind::kNotFound);
      const Status enabled = EnableVerity(fd, parameters);
      REQUIRE_MESSAGE(enabled.ok(), enabled.error().message());
      CHECK(EnableVerity(fd, parameters).ok());
      CHECK(RequireVerity(fd, *computed).ok());
      CHECK(MeasureFile(fd)->source == FsVeritySource::kKernel);
      CHECK(MeasureFile(fd)->digest == *computed);
      CHECK(RequireVerity(fd, FsVerityDigest::Parse(std::string(64, '0')).value()).error().kind() ==
            ErrorKind::kRefuted);
      CHECK_FALSE(Open(path, O_WRONLY).ok());
    }
}

TEST_CASE("a writer is waited for, and then named") {
  const testing::TemporaryDirectory directory;
  if (!HasVerity(directory.path())) return;
  REQUIRE(WriteFile(directory / "file", "text", 0600).ok());
  const Result<Fd> writer = Open(directory / "file", O_WRONLY);
  REQUIRE(writer.ok());
  const Status enabled = EnableVerity(ReadOnly(directory / "file"));
  REQUIRE_FALSE(enabled.ok());
  CHECK(enabled.error().code() == "fsverity_writer");
}

TEST_SUITE_END();

}  // namespace powernode::verify::real_kernel_fsverity_test

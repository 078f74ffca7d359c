#include "verify/digested_file.h"

#include <doctest/doctest.h>

#include "agent/base/files.h"
#include "agent/base/syscalls.h"
#include "tests/support/temporary_directory.h"
#include "tests/verify/fsverity_reference.h"

namespace powernode::verify::digested_file_test {

TEST_CASE("measures a whole file, of any length") {
  const testing::TemporaryDirectory directory;
  const std::string path = directory / "blob";
  for (const std::size_t size : {0u, 1u, 4096u, 512u * 1024, 512u * 1024 + 1, 3'000'000u}) {
    CAPTURE(size);
    std::string content(size, '\0');
    for (std::size_t i = 0; i < size; ++i) content[i] = static_cast<char>(i * 31 + i / 256);
    REQUIRE(WriteFile(path, content, 0600).ok());
    Result<Fd> fd = Open(path, O_RDONLY);
    REQUIRE(fd.ok());
    const Result<DigestedFile> file = DigestFile(std::move(fd).value());
    REQUIRE(file.ok());
    CHECK(file->digest() == BlobDigest(Sha256Of(content)));
    CHECK(file->fsverity().ToString() == testing::ReferenceFsVerity(content));
    CHECK(file->size() == size);
  }
}

TEST_CASE("what was measured is the descriptor, whatever takes its name") {
  const testing::TemporaryDirectory directory;
  const std::string path = directory / "blob";
  REQUIRE(WriteFile(path, "first", 0600).ok());
  Result<Fd> fd = Open(path, O_RDONLY);
  REQUIRE(fd.ok());
  REQUIRE(WriteFile(directory / "other", "second", 0600).ok());
  REQUIRE(Rename(directory / "other", path).ok());
  const Result<DigestedFile> file = DigestFile(std::move(fd).value());
  REQUIRE(file.ok());
  CHECK(file->digest() == BlobDigest::Of("first"));
}

TEST_CASE("only regular files can be measured") {
  const testing::TemporaryDirectory directory;
  Result<Fd> fd = Open(directory.path(), O_RDONLY | O_DIRECTORY);
  REQUIRE(fd.ok());
  const Result<DigestedFile> file = DigestFile(std::move(fd).value());
  REQUIRE_FALSE(file.ok());
  CHECK(file.error().code() == "not_a_file");
}

TEST_CASE("stops when asked to") {
  const testing::TemporaryDirectory directory;
  REQUIRE(WriteFile(directory / "blob", "content", 0600).ok());
  Result<Fd> fd = Open(directory / "blob", O_RDONLY);
  REQUIRE(fd.ok());
  std::stop_source stop;
  stop.request_stop();
  const Result<DigestedFile> file = DigestFile(std::move(fd).value(), stop.get_token());
  REQUIRE_FALSE(file.ok());
  CHECK(file.error().kind() == ErrorKind::kUnavailable);
}

}  // namespace powernode::verify::digested_file_test

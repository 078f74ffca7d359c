#include "verify/digesting_writer.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>

#include "agent/base/files.h"
#include "agent/base/syscalls.h"
#include "tests/support/temporary_directory.h"
#include "tests/verify/fsverity_reference.h"

namespace powernode::verify::digesting_writer_test {
namespace {

std::string Content(std::size_t size) {
  std::string content(size, '\0');
  for (std::size_t i = 0; i < size; ++i) content[i] = static_cast<char>(i * 131 + i / 65536);
  return content;
}

Result<DigestingWriter> OpenWriter(const std::string& path) {
  ASSIGN_OR_RETURN(Fd out, Open(path, O_WRONLY | O_CREAT, 0600));
  ASSIGN_OR_RETURN(Fd in, Open(path, O_RDONLY));
  return DigestingWriter::Open(std::move(out), std::move(in));
}

Status WriteInPieces(DigestingWriter& writer, std::string_view content, std::size_t piece) {
  for (std::size_t at = 0; at < content.size(); at += piece)
    RETURN_IF_ERROR(writer.Write(AsBytes(content.substr(at, piece))));
  return Ok();
}

bool HasDigestsOf(const DigestedFile& file, const std::string& content) {
  return file.digest() == BlobDigest(Sha256Of(content)) &&
         file.fsverity().ToString() == testing::ReferenceFsVerity(content);
}

}  // namespace

TEST_CASE("hashes what it writes, in pieces of any size, past many rounds of the ring") {
  const testing::TemporaryDirectory directory;
  const std::string content = Content(9'000'001);
  for (const std::size_t piece : {16'384u, 1'000'003u, 9'000'001u}) {
    CAPTURE(piece);
    const std::string path = directory / std::to_string(piece);
    Result<DigestingWriter> writer = OpenWriter(path);
    REQUIRE(writer.ok());
    REQUIRE(WriteInPieces(*writer, content, piece).ok());
    const Result<DigestedFile> file = std::move(*writer).Finish();
    REQUIRE(file.ok());
    CHECK(HasDigestsOf(*file, content));
    CHECK(file->size() == content.size());
    const Result<std::string> on_disk = ReadFile(path, content.size());
    REQUIRE(on_disk.ok());
    CHECK(*on_disk == content);
  }
}

TEST_CASE("an empty stream has the digest of nothing") {
  const testing::TemporaryDirectory directory;
  Result<DigestingWriter> writer = OpenWriter(directory / "blob");
  REQUIRE(writer.ok());
  const Result<DigestedFile> file = std::move(*writer).Finish();
  REQUIRE(file.ok());
  CHECK(HasDigestsOf(*file, ""));
}

TEST_CASE("continues a part, of any length, to the digest of the whole") {
  const testing::TemporaryDirectory directory;
  const std::string content = Content(1'500'000);
  for (const std::size_t part : {1u, 4096u, 262'144u, 1'499'999u, 1'500'000u}) {
    CAPTURE(part);
    const std::string path = directory / std::to_string(part);
    REQUIRE(WriteFile(path, content.substr(0, part), 0600).ok());
    Result<DigestingWriter> writer = OpenWriter(path);
    REQUIRE(writer.ok());
    CHECK(writer->size() == part);
    REQUIRE(WriteInPieces(*writer, std::string_view(content).substr(part), 50'000).ok());
    const Result<DigestedFile> file = std::move(*writer).Finish();
    REQUIRE(file.ok());
    CHECK(HasDigestsOf(*file, content));
  }
}

TEST_CASE("a flush in the middle hands everything to the kernel and goes on") {
  const testing::TemporaryDirectory directory;
  const std::string path = directory / "blob";
  Result<DigestingWriter> writer = OpenWriter(path);
  REQUIRE(writer.ok());
  REQUIRE(writer->Write(AsBytes("first ")).ok());
  REQUIRE(writer->Flush().ok());
  CHECK(ReadFile(path, 100).value() == "first ");
  REQUIRE(writer->Write(AsBytes("second")).ok());
  const Result<DigestedFile> file = std::move(*writer).Finish();
  REQUIRE(file.ok());
  CHECK(HasDigestsOf(*file, "first second"));
}

TEST_CASE("begins again at byte 0, also in the middle of a chunk") {
  const testing::TemporaryDirectory directory;
  const std::string path = directory / "blob";
  REQUIRE(WriteFile(path, "an older part", 0600).ok());
  Result<DigestingWriter> writer = OpenWriter(path);
  REQUIRE(writer.ok());
  REQUIRE(writer->Write(AsBytes(Content(700'000))).ok());
  REQUIRE(writer->Restart().ok());
  CHECK(writer->size() == 0);
  REQUIRE(writer->Write(AsBytes("the whole")).ok());
  const Result<DigestedFile> file = std::move(*writer).Finish();
  REQUIRE(file.ok());
  CHECK(HasDigestsOf(*file, "the whole"));
  CHECK(ReadFile(path, 100).value() == "the whole");
}

TEST_CASE("a disk that refuses is heard of, and nothing hangs") {
  const testing::TemporaryDirectory directory;
  const std::string path = directory / "blob";
  REQUIRE(WriteFile(path, "", 0600).ok());
  Result<Fd> out = Open(path, O_RDONLY);  // every write to it fails
  Result<Fd> in = Open(path, O_RDONLY);
  REQUIRE(out.ok());
  REQUIRE(in.ok());
  Result<DigestingWriter> writer =
      DigestingWriter::Open(std::move(out).value(), std::move(in).value());
  REQUIRE(writer.ok());
  const std::string content = Content(20'000'000);
  const Status written = WriteInPieces(*writer, content, 16'384);
  CHECK_FALSE(written.ok());
  CHECK_FALSE(writer->Flush().ok());
  CHECK_FALSE(std::move(*writer).Finish().ok());
}

TEST_CASE("may be dropped at any time") {
  const testing::TemporaryDirectory directory;
  Result<DigestingWriter> writer = OpenWriter(directory / "blob");
  REQUIRE(writer.ok());
  REQUIRE(writer->Write(AsBytes(Content(3'000'000))).ok());
}

TEST_CASE("two descriptors of different files are refused") {
  const testing::TemporaryDirectory directory;
  Result<Fd> out = Open(directory / "a", O_WRONLY | O_CREAT, 0600);
  REQUIRE(WriteFile(directory / "b", "", 0600).ok());
  Result<Fd> in = Open(directory / "b", O_RDONLY);
  REQUIRE(out.ok());
  REQUIRE(in.ok());
  const Result<DigestingWriter> writer =
      DigestingWriter::Open(std::move(out).value(), std::move(in).value());
  REQUIRE_FALSE(writer.ok());
  CHECK(writer.error().code() == "not_a_file");
}

}  // namespace powernode::verify::digesting_writer_test

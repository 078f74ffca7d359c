#include "tests/platform/blob_import.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <vector>

#include "agent/base/random.h"
#include "agent/base/syscalls.h"
#include "tests/platform/digest.h"

namespace powernode::platform {
namespace {

constexpr std::uint32_t kComposefsMagic = 0xd078629a;
constexpr std::uint32_t kErofsMagic = 0xe0f5e1e2;
constexpr std::uint64_t kErofsMagicOffset = 1024;

Status CopyByHand(const Fd& from, const Fd& to) {
  std::vector<std::byte> buffer(1 << 20);
  for (;;) {
    ASSIGN_OR_RETURN(const std::size_t got, Read(from, buffer));
    if (got == 0) return Ok();
    RETURN_IF_ERROR(WriteAll(to, std::span(buffer.data(), got)));
  }
}

Status Copy(const Fd& from, const Fd& to) {
  constexpr std::size_t kStep = 1 << 30;
  for (bool first = true;; first = false) {
    const ssize_t copied = ::copy_file_range(from.get(), nullptr, to.get(), nullptr, kStep, 0);
    if (copied == 0) return Ok();
    if (copied > 0) continue;
    if (first && (errno == EXDEV || errno == EINVAL || errno == EOPNOTSUPP || errno == ENOSYS))
      return CopyByHand(from, to);
    return SystemError("copy_file_range", errno);
  }
}

// Little-endian; 0 beyond the end.
std::uint32_t WordAt(const Fd& file, std::uint64_t offset) {
  std::array<std::byte, 4> bytes{};
  const Result<std::size_t> got = Pread(file, bytes, offset);
  if (!got || *got != bytes.size()) return 0;
  std::uint32_t word = 0;
  for (std::size_t i = 0; i < bytes.size(); ++i)
    word |= std::to_integer<std::uint32_t>(bytes[i]) << (8 * i);
  return word;
}

std::string DetectFormat(const Fd& file) {
  if (WordAt(file, kErofsMagicOffset) != kErofsMagic) return "";
  return WordAt(file, 0) == kComposefsMagic ? "composefs" : "erofs";
}

}  // namespace

Result<ImportedBlob> ImportBlob(const StateDirectory& directory, const std::string& image_path) {
  const std::string temporary = JoinPath(directory.blobs(), ".import-" + RandomHex(8));
  ASSIGN_OR_RETURN_CONTEXT(const Fd image, Open(image_path, O_RDONLY | O_CLOEXEC), "import image");
  ASSIGN_OR_RETURN_CONTEXT(
      const Fd copy, Open(temporary, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600), "import image");
  const auto import = [&]() -> Result<ImportedBlob> {
    RETURN_IF_ERROR_CONTEXT(Copy(image, copy), "import " + image_path);
    ASSIGN_OR_RETURN(const struct stat facts, Fstat(copy));
    ASSIGN_OR_RETURN(std::string digest, Sha256HexOfFile(temporary));
    RETURN_IF_ERROR(Rename(temporary, directory.blob(digest)));
    return ImportedBlob{.digest = std::move(digest),
                        .size_bytes = static_cast<std::uint64_t>(facts.st_size),
                        .image_format = DetectFormat(copy)};
  };
  Result<ImportedBlob> blob = import();
  if (!blob) {
    if (const Status removed = Unlink(temporary); !removed)
      return std::move(blob).error().AlsoFailed(removed.error());
  }
  return blob;
}

}  // namespace powernode::platform

#include "tests/platform/blob_import.h"

#include <fcntl.h>

#include <array>

#include "agent/base/syscalls.h"
#include "tests/platform/copy_file.h"
#include "tests/platform/digest.h"
#include "tests/platform/fsverity.h"

namespace powernode::platform {
namespace {

constexpr std::uint32_t kComposefsMagic = 0xd078629a;
constexpr std::uint32_t kErofsMagic = 0xe0f5e1e2;
constexpr std::uint64_t kErofsMagicOffset = 1024;

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

Result<ImportedBlob> Describe(const std::string& path) {
  ASSIGN_OR_RETURN(const Fd file, Open(path, O_RDONLY | O_CLOEXEC));
  ASSIGN_OR_RETURN(const struct stat facts, Fstat(file));
  ASSIGN_OR_RETURN(std::string digest, Sha256HexOfFile(path));
  ASSIGN_OR_RETURN(std::string fsverity, FsverityHexOfFile(path));
  return ImportedBlob{.digest = std::move(digest),
                      .size_bytes = static_cast<std::uint64_t>(facts.st_size),
                      .image_format = DetectFormat(file),
                      .fsverity = std::move(fsverity)};
}

}  // namespace

Result<ImportedBlob> ImportBlob(const StateDirectory& directory, const std::string& image_path) {
  ImportedBlob blob;
  const auto name = [&](const std::string& copy) -> Result<std::string> {
    ASSIGN_OR_RETURN(blob, Describe(copy));
    return directory.blob(blob.digest);
  };
  RETURN_IF_ERROR_CONTEXT(CopyFileAs(image_path, directory.blobs(), name), "import image");
  return blob;
}

}  // namespace powernode::platform

#include "verify/digested_file.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <cstddef>
#include <span>
#include <vector>

#include "agent/base/syscalls.h"

namespace powernode::verify {
namespace {

constexpr std::size_t kReadBytes = 512 * 1024;

}  // namespace

Result<DigestedFile> DigestFile(Fd fd, std::stop_token stop) {
  ASSIGN_OR_RETURN(const struct stat info, Fstat(fd));
  if (!S_ISREG(info.st_mode))
    return Error(ErrorKind::kInvalid, "not_a_file", "only a regular file can be measured");
  // Advice only: readahead twice as far; a file system that ignores it costs time, not truth.
  (void)::posix_fadvise(fd.get(), 0, 0, POSIX_FADV_SEQUENTIAL);

  FileHash hash;
  std::vector<std::byte> chunk(kReadBytes);
  std::uint64_t size = 0;
  while (true) {
    if (stop.stop_requested())
      return Error(ErrorKind::kUnavailable, "cancelled", "hashing was stopped");
    const Result<std::size_t> count = Pread(fd, chunk, size);
    if (!count)
      return Error(ErrorKind::kCannotTell, "unreadable",
                   "at byte " + std::to_string(size) + ": " + count.error().message());
    if (*count == 0) break;
    hash.Update(std::span(chunk).first(*count));
    size += *count;
  }
  return DigestedFile(std::move(fd), hash.Finish(), size);
}

}  // namespace powernode::verify

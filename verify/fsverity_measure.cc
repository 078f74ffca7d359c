#include "verify/fsverity_measure.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <string>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "agent/base/syscalls.h"
#include "verify/fsverity_blocks.h"
#include "verify/fsverity_hash.h"
#include "verify/mapped_bytes.h"

namespace powernode::verify {
namespace {

constexpr std::size_t kChunkBytes = 1024 * 1024;  // whole blocks; stays in a core's own cache
constexpr std::size_t kWindow = 2 * kMaxMeasureThreads;  // chunks taken and not yet in the tree
constexpr std::size_t kChunkBlocks = kChunkBytes / kFsVerityBlockBytes;
static_assert(kChunkBytes % kFsVerityBlockBytes == 0);

Error FileChanged() {
  return Error(ErrorKind::kCannotTell, "file_changed", "its size changed while it was read");
}

// Every thread takes the next chunk, and reads and hashes it alone. The chunks' digests enter the
// tree in the file's order, by whichever thread brings the one that was missing; so a thread waits
// for another only when that one is a whole window behind.
class Measurement {
 public:
  Measurement(const Fd& fd, std::uint64_t size, bool sparse, const MeasureOptions& options,
              std::stop_token stop)
      : fd_(fd),
        size_(size),
        sparse_(sparse),
        access_(options.access),
        stop_(std::move(stop)),
        blocks_(options.parameters, options.engine),
        hash_(options.parameters, options.engine),
        hashed_(kWindow) {
    if (sparse_) blocks_.Hash(std::vector<std::byte>(kChunkBytes), hole_digests_);
  }

  void Work() {
    std::vector<std::byte> buffer;
    while (const std::optional<std::uint64_t> index = Take()) {
      const std::uint64_t offset = *index * kChunkBytes;
      const std::size_t count = std::min<std::uint64_t>(kChunkBytes, size_ - offset);
      std::vector<std::byte> digests;
      Status status = Hash(offset, count, buffer, digests);
      HandOver(*index, {.digests = std::move(digests), .bytes = count}, std::move(status));
    }
  }

  // After every thread's Work.
  Result<FsVerityDigest> Finish() {
    if (failure_) return *failure_;
    return hash_.Finish();
  }

 private:
  struct HashedChunk {
    std::vector<std::byte> digests;
    std::size_t bytes = 0;  // 0: not there yet
  };

  std::optional<std::uint64_t> Take() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return failure_ || next_ < done_ + kWindow; });
    if (!failure_ && stop_.stop_requested())
      failure_ = Error(ErrorKind::kUnavailable, "cancelled", "measuring was stopped");
    if (failure_ || next_ * kChunkBytes >= size_) return std::nullopt;
    return next_++;
  }

  // A file system that cannot tell says that all is data.
  bool IsHole(std::uint64_t offset, std::size_t count) const {
    if (!sparse_) return false;
    const off_t data = ::lseek(fd_.get(), static_cast<off_t>(offset), SEEK_DATA);
    return data < 0 ? errno == ENXIO : static_cast<std::uint64_t>(data) >= offset + count;
  }

  // A hole is not read: all its blocks have one digest. Whole blocks where they lie, if they may be
  // mapped; all else through the buffer.
  Status Hash(std::uint64_t offset, std::size_t count, std::vector<std::byte>& buffer,
              std::vector<std::byte>& digests) const {
    if (IsHole(offset, count)) {
      const std::size_t blocks = (count + kFsVerityBlockBytes - 1) / kFsVerityBlockBytes;
      const std::size_t bytes = blocks * (hole_digests_.size() / kChunkBlocks);
      digests.assign(hole_digests_.begin(),
                     hole_digests_.begin() + static_cast<std::ptrdiff_t>(bytes));
      return Ok();
    }
    if (access_ == FileAccess::kMap) {
      const std::size_t whole = count / kFsVerityBlockBytes * kFsVerityBlockBytes;
      if (const std::optional<MappedBytes> mapped = MappedBytes::Of(fd_, offset, whole)) {
        blocks_.Hash(mapped->bytes(), digests);
        offset += whole;
        count -= whole;
      }
    }
    if (count == 0) return Ok();
    const std::size_t padded =
        (count + kFsVerityBlockBytes - 1) / kFsVerityBlockBytes * kFsVerityBlockBytes;
    buffer.resize(padded);
    std::fill(buffer.begin() + static_cast<std::ptrdiff_t>(count), buffer.end(), std::byte{0});
    RETURN_IF_ERROR(Read(std::span(buffer).first(count), offset));
    blocks_.Hash(buffer, digests);
    return Ok();
  }

  Status Read(std::span<std::byte> into, std::uint64_t offset) const {
    while (!into.empty()) {
      const Result<std::size_t> count = Pread(fd_, into, offset);
      if (!count)
        return Error(ErrorKind::kCannotTell, "unreadable",
                     "at byte " + std::to_string(offset) + ": " + count.error().message());
      if (*count == 0) return FileChanged();
      into = into.subspan(*count);
      offset += *count;
    }
    return Ok();
  }

  void HandOver(std::uint64_t index, HashedChunk chunk, Status status) {
    {
      const std::lock_guard lock(mutex_);
      if (!status && !failure_) failure_ = std::move(status).error();
      hashed_[index % kWindow] = std::move(chunk);
      while (!failure_ && hashed_[done_ % kWindow].bytes > 0) {
        const HashedChunk next = std::exchange(hashed_[done_ % kWindow], {});
        hash_.UpdateHashed(next.digests, next.bytes);
        ++done_;
      }
    }
    changed_.notify_all();
  }

  const Fd& fd_;
  const std::uint64_t size_;
  const bool sparse_;
  const FileAccess access_;
  const std::stop_token stop_;
  const FsVerityBlocks blocks_;
  std::vector<std::byte> hole_digests_;  // of a chunk of zeros, for sparse files

  std::mutex mutex_;  // guards what follows
  std::condition_variable changed_;
  FsVerityHash hash_;
  std::uint64_t next_ = 0;  // chunk to take
  std::uint64_t done_ = 0;  // chunks in the tree
  std::vector<HashedChunk> hashed_;
  std::optional<Error> failure_;
};

}  // namespace

Result<FsVerityDigest> ComputeFsVerity(const Fd& fd, const MeasureOptions& options,
                                       std::stop_token stop) {
  if (options.threads < 1 || options.threads > kMaxMeasureThreads)
    return Error(ErrorKind::kInvalid, "bad_threads",
                 "a file is measured by 1 to " + std::to_string(kMaxMeasureThreads) + " threads");
  ASSIGN_OR_RETURN(const struct stat before, Fstat(fd));
  if (!S_ISREG(before.st_mode))
    return Error(ErrorKind::kInvalid, "not_a_file", "only a regular file can be measured");
  const auto size = static_cast<std::uint64_t>(before.st_size);
  // Advice only: readahead twice as far; a file system that ignores it costs time, not truth.
  (void)::posix_fadvise(fd.get(), 0, 0, POSIX_FADV_SEQUENTIAL);

  constexpr std::uint64_t kStatBlockBytes = 512;
  const bool sparse = static_cast<std::uint64_t>(before.st_blocks) * kStatBlockBytes < size;
  Measurement measurement(fd, size, sparse, options, std::move(stop));
  const std::uint64_t useful = std::max<std::uint64_t>(1, (size + kChunkBytes - 1) / kChunkBytes);
  const std::size_t threads = std::min<std::uint64_t>(options.threads, useful);
  {
    std::vector<std::jthread> others;
    try {
      while (others.size() + 1 < threads) others.emplace_back([&] { measurement.Work(); });
    } catch (const std::system_error&) {
      // No more threads to be had: those that there are do the work.
    }
    measurement.Work();
  }
  ASSIGN_OR_RETURN(const struct stat after, Fstat(fd));
  if (after.st_size != before.st_size) return FileChanged();
  return measurement.Finish();
}

Result<MeasuredFile> MeasureFile(const Fd& fd, const MeasureOptions& options, std::stop_token stop,
                                 const VerityIoctl& ioctl) {
  const Result<FsVerityDigest> enforced = MeasureVerity(fd, ioctl);
  if (enforced) return MeasuredFile{*enforced, FsVeritySource::kKernel};
  if (enforced.error().kind() != ErrorKind::kUnsupported &&
      enforced.error().kind() != ErrorKind::kNotFound)
    return enforced.error();
  ASSIGN_OR_RETURN(const FsVerityDigest computed, ComputeFsVerity(fd, options, std::move(stop)));
  return MeasuredFile{computed, FsVeritySource::kComputed};
}

}  // namespace powernode::verify

#include "verify/digesting_writer.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "agent/base/syscalls.h"
#include "verify/file_hash.h"

namespace powernode::verify {
namespace {

constexpr std::size_t kRingChunkBytes = 256 * 1024;
constexpr std::size_t kChunks = 16;  // 4 MiB between the network and the slower of CPU and disk
// The kernel is asked to begin writing back this often, so that the fsync at the end finds little
// to do and dirty pages do not pile up on a small machine.
constexpr std::uint64_t kWritebackBytes = 8 * 1024 * 1024;

Error Cancelled() {
  return Error(ErrorKind::kUnavailable, "cancelled", "hashing the part was stopped");
}

}  // namespace

// A ring with one producer and two consumers that each see every chunk. A slot is free again when
// both the hashed and the written counter have passed it.
class DigestingWriter::Pipeline {
 public:
  Pipeline(Fd out, Fd in) : out_(std::move(out)), in_(std::move(in)) {
    for (std::vector<std::byte>& chunk : ring_) chunk.reserve(kRingChunkBytes);
  }
  ~Pipeline() {
    {
      const std::lock_guard lock(mutex_);
      ending_ = true;
    }
    changed_.notify_all();
    if (hasher_.joinable()) hasher_.join();
    if (writer_.joinable()) writer_.join();
  }
  Pipeline(const Pipeline&) = delete;
  Pipeline& operator=(const Pipeline&) = delete;

  // Before Start: hashes what the file holds.
  Status TakeOver(std::uint64_t bytes, std::stop_token stop) {
    std::vector<std::byte> chunk(kRingChunkBytes);
    while (size_ < bytes) {
      if (stop.stop_requested()) return Cancelled();
      ASSIGN_OR_RETURN_CONTEXT(const std::size_t count, Pread(in_, chunk, size_), "hash the part");
      if (count == 0) break;
      hash_.Update(std::span(chunk).first(count));
      size_ += count;
    }
    write_offset_ = size_;
    return Ok();
  }

  void Start() {
    hasher_ = std::thread([this] { HashChunks(); });
    writer_ = std::thread([this] { WriteChunks(); });
  }

  Status Append(std::span<const std::byte> bytes) {
    while (!bytes.empty()) {
      if (!slot_open_) RETURN_IF_ERROR(OpenSlot());
      std::vector<std::byte>& chunk = ring_[filling_ % kChunks];
      const std::size_t count = std::min(bytes.size(), kRingChunkBytes - chunk.size());
      chunk.insert(chunk.end(), bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(count));
      bytes = bytes.subspan(count);
      size_ += count;
      if (chunk.size() == kRingChunkBytes) Publish();
    }
    return Ok();
  }

  Status Drain() {
    if (slot_open_) Publish();
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return hashed_ == published_ && written_ == published_; });
    if (failure_) return *failure_;
    return Ok();
  }

  // Both threads are idle after Drain, so their state may be touched.
  Status Restart() {
    RETURN_IF_ERROR(Drain());
    RETURN_IF_ERROR_CONTEXT(Ftruncate(out_, 0), "begin the download again");
    hash_ = FileHash();
    size_ = write_offset_ = writeback_offset_ = 0;
    return Ok();
  }

  Result<DigestedFile> Finish() {
    RETURN_IF_ERROR(Drain());
    RETURN_IF_ERROR_CONTEXT(Fsync(out_), "keep the download");
    out_.Reset();
    return DigestedFile(std::move(in_), hash_.Finish(), size_);
  }

  std::uint64_t size() const { return size_; }

 private:
  // Waits until both consumers have let go of the chunk that had this slot before.
  Status OpenSlot() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock,
                  [&] { return failure_ || filling_ < std::min(hashed_, written_) + kChunks; });
    if (failure_) return *failure_;
    slot_open_ = true;
    return Ok();
  }

  void Publish() {
    ++filling_;
    slot_open_ = false;
    {
      const std::lock_guard lock(mutex_);
      published_ = filling_;
    }
    changed_.notify_all();
  }

  // The next chunk for a consumer at `done`, or nothing when the pipeline ends.
  std::vector<std::byte>* Take(const std::uint64_t& done) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return ending_ || done < published_; });
    return done < published_ && !ending_ ? &ring_[done % kChunks] : nullptr;
  }

  // The consumer that comes last clears the slot for the producer.
  void Done(std::uint64_t& done, const std::uint64_t& other, std::optional<Error> failure) {
    {
      const std::lock_guard lock(mutex_);
      if (other > done) ring_[done % kChunks].clear();
      ++done;
      if (failure && !failure_) failure_ = std::move(failure);
    }
    changed_.notify_all();
  }

  void HashChunks() {
    while (const std::vector<std::byte>* chunk = Take(hashed_)) {
      hash_.Update(*chunk);
      Done(hashed_, written_, std::nullopt);
    }
  }

  void WriteChunks() {
    bool failed = false;
    while (const std::vector<std::byte>* chunk = Take(written_)) {
      std::optional<Error> failure;
      if (!failed) {
        Status status = PwriteAll(out_, *chunk, write_offset_);
        if (status) {
          write_offset_ += chunk->size();
          BeginWriteback();
        } else {
          failed = true;  // a hole must never follow: later chunks are only let go
          failure = std::move(status).error();
        }
      }
      Done(written_, hashed_, std::move(failure));
    }
  }

  void BeginWriteback() {
    if (write_offset_ - writeback_offset_ < kWritebackBytes) return;
    // Advice: file systems without it (EINVAL, ESPIPE) do the same work in fsync.
    (void)::sync_file_range(out_.get(), static_cast<off_t>(writeback_offset_),
                            static_cast<off_t>(write_offset_ - writeback_offset_),
                            SYNC_FILE_RANGE_WRITE);
    writeback_offset_ = write_offset_;
  }

  Fd out_;
  Fd in_;

  // The producer's.
  std::uint64_t size_ = 0;
  std::uint64_t filling_ = 0;  // index of the chunk being filled
  bool slot_open_ = false;     // its slot is the producer's
  // The hasher's and the writer's.
  FileHash hash_;
  std::uint64_t write_offset_ = 0;
  std::uint64_t writeback_offset_ = 0;

  std::array<std::vector<std::byte>, kChunks> ring_;
  std::mutex mutex_;  // guards what follows
  std::condition_variable changed_;
  std::uint64_t published_ = 0;
  std::uint64_t hashed_ = 0;
  std::uint64_t written_ = 0;
  bool ending_ = false;
  std::optional<Error> failure_;

  std::thread hasher_;
  std::thread writer_;
};

DigestingWriter::DigestingWriter(std::unique_ptr<Pipeline> pipeline)
    : pipeline_(std::move(pipeline)) {}
DigestingWriter::DigestingWriter(DigestingWriter&&) noexcept = default;
DigestingWriter& DigestingWriter::operator=(DigestingWriter&&) noexcept = default;
DigestingWriter::~DigestingWriter() = default;

Result<DigestingWriter> DigestingWriter::Open(Fd out, Fd in, std::stop_token stop) {
  ASSIGN_OR_RETURN(const struct stat writes, Fstat(out));
  ASSIGN_OR_RETURN(const struct stat reads, Fstat(in));
  if (!S_ISREG(writes.st_mode) || writes.st_dev != reads.st_dev || writes.st_ino != reads.st_ino)
    return Error(ErrorKind::kInvalid, "not_a_file",
                 "a download needs two descriptors of one regular file");
  auto pipeline = std::make_unique<Pipeline>(std::move(out), std::move(in));
  RETURN_IF_ERROR(pipeline->TakeOver(static_cast<std::uint64_t>(writes.st_size), stop));
  pipeline->Start();
  return DigestingWriter(std::move(pipeline));
}

Status DigestingWriter::Write(std::span<const std::byte> bytes) { return pipeline_->Append(bytes); }
Status DigestingWriter::Flush() { return pipeline_->Drain(); }
Status DigestingWriter::Restart() { return pipeline_->Restart(); }
std::uint64_t DigestingWriter::size() const { return pipeline_->size(); }

Result<DigestedFile> DigestingWriter::Finish() && {
  const std::unique_ptr<Pipeline> pipeline = std::move(pipeline_);
  return pipeline->Finish();
}

}  // namespace powernode::verify

#include "mount/download.h"

#include <unistd.h>

#include <algorithm>
#include <string>
#include <utility>

#include "agent/base/files.h"
#include "agent/base/syscalls.h"
#include "mount/transfer_pace.h"
#include "verify/digesting_writer.h"

namespace powernode::mount {
namespace {

constexpr std::chrono::milliseconds kObserverPeriod{500};
constexpr std::uint64_t kMaxBlob = std::uint64_t{8} * 1024 * 1024 * 1024;
constexpr std::size_t kMaxEtag = 1024;

// The ETag that belongs to the bytes in the part file; without one they cannot be continued.
class PartMark {
 public:
  explicit PartMark(std::string path) : path_(std::move(path)) {
    Result<std::string> text = ReadFile(path_, kMaxEtag);
    if (text) etag_ = std::move(text).value();
  }

  const std::string& etag() const { return etag_; }

  Status Set(const std::string& etag) {
    if (etag == etag_) return Ok();
    etag_ = etag;
    if (!etag.empty()) return WriteFileAtomically(path_, etag, 0600);
    (void)::unlink(path_.c_str());  // a stale mark costs one refused range, no more
    return Ok();
  }

 private:
  std::string path_;
  std::string etag_;
};

class Transfer {
 public:
  Transfer(const BlobStore& store, BlobSource& source, Clock& clock, const ModuleBlob& module,
           const DownloadOptions& options, std::stop_token stop)
      : store_(store),
        source_(source),
        clock_(clock),
        module_(module),
        options_(options),
        stop_(std::move(stop)),
        mark_(store.PartMetaPathOf(module.digest)),
        total_(module.size),
        begun_(clock.Monotonic()) {}

  Result<verify::DigestedFile> Run() {
    ASSIGN_OR_RETURN(verify::DigestingWriter writer, OpenPart());
    if (total_) RETURN_IF_ERROR(store_.RequireSpace(*total_, writer.size()));
    RETURN_IF_ERROR(FetchAll(writer));
    return std::move(writer).Finish();
  }

 private:
  Result<verify::DigestingWriter> OpenPart() {
    const std::string path = store_.PartPathOf(module_.digest);
    Result<Fd> out = Open(path, O_WRONLY | O_CREAT | O_NOFOLLOW, 0600);
    if (!out) return ExplainFullDisk(std::move(out).error());
    ASSIGN_OR_RETURN(Fd in, Open(path, O_RDONLY | O_NOFOLLOW));
    ASSIGN_OR_RETURN(const struct stat info, Fstat(*out));
    const auto have = static_cast<std::uint64_t>(info.st_size);
    const bool complete = total_ && have == *total_;
    const bool too_long = total_ && have > *total_;
    if (have > 0 && (too_long || (mark_.etag().empty() && !complete)))
      RETURN_IF_ERROR(Ftruncate(*out, 0));
    return verify::DigestingWriter::Open(std::move(out).value(), std::move(in), stop_);
  }

  Status FetchAll(verify::DigestingWriter& writer) {
    TransferPace pace(clock_, options_.retry_base, writer.size());
    while (!total_ || writer.size() < *total_) {
      Status attempt = FetchOnce(writer);
      if (Status flushed = writer.Flush(); !flushed)
        return ExplainFullDisk(std::move(flushed).error());
      if (attempt && (!total_ || writer.size() == *total_)) return Ok();
      Error error = attempt
                        ? Error(ErrorKind::kUnavailable, "connection_lost",
                                "the blob ended after " + std::to_string(writer.size()) + " bytes")
                        : std::move(attempt).error();
      if (stop_.stop_requested()) return TransferStopped();
      if (AsksToBeginAgain(error)) {
        RETURN_IF_ERROR(BeginAgain(writer));
      } else if (error.kind() != ErrorKind::kUnavailable) {
        return ExplainFullDisk(std::move(error));
      }
      RETURN_IF_ERROR(
          pace.WaitAfter(std::move(error), writer.size(), source_.AskedToWait(), stop_));
    }
    return Ok();
  }

  Status FetchOnce(verify::DigestingWriter& writer) {
    const bool resumable = !mark_.etag().empty();
    if (writer.size() > 0 && !resumable) RETURN_IF_ERROR(BeginAgain(writer));
    ASSIGN_OR_RETURN(const SpaceOnDisk disk,
                     FreeSpace(DirectoryOf(store_.PartPathOf(module_.digest))));
    const BlobWish wish{.module_id = module_.module_id,
                        .digest = module_.digest,
                        .offset = writer.size(),
                        .etag = mark_.etag(),
                        .max_bytes = total_ ? *total_ : std::min(kMaxBlob, disk.free_bytes)};
    return source_.FetchBlob(
        wish, [&](const BlobHead& head) { return OnHead(head, writer); },
        [&](std::span<const std::byte> bytes) { return OnBytes(bytes, writer); }, stop_);
  }

  Status OnHead(const BlobHead& head, verify::DigestingWriter& writer) {
    if (head.offset != 0 && head.offset != writer.size())
      return Error(ErrorKind::kRefuted, "bad_content_range", "the answer begins at the wrong byte");
    if (module_.size && head.total && *head.total != *module_.size)
      return SizeMismatch(*module_.size, std::to_string(*head.total));
    if (head.total) total_ = head.total;
    if (head.offset == 0) {
      if (writer.size() > 0) RETURN_IF_ERROR(writer.Restart());
      RETURN_IF_ERROR(mark_.Set(head.etag));
    }
    if (total_) return store_.RequireSpace(*total_, writer.size());
    return Ok();
  }

  Status OnBytes(std::span<const std::byte> bytes, verify::DigestingWriter& writer) {
    if (total_ && bytes.size() > *total_ - std::min(*total_, writer.size()))
      return SizeMismatch(*total_, "more");
    RETURN_IF_ERROR(writer.Write(bytes));
    const std::chrono::milliseconds now = clock_.Monotonic();
    if (options_.observer && now - observed_ >= kObserverPeriod) {
      observed_ = now;
      options_.observer(
          PullProgress{.module = module_,
                       .bytes_done = writer.size(),
                       .bytes_total = total_,
                       .seconds = std::chrono::duration<double>(now - begun_).count()});
    }
    return Ok();
  }

  static Error SizeMismatch(std::uint64_t announced, const std::string& served) {
    return Error(
        ErrorKind::kRefuted, "size_mismatch",
        "the platform announced " + std::to_string(announced) + " bytes and serves " + served);
  }

  Status BeginAgain(verify::DigestingWriter& writer) {
    RETURN_IF_ERROR(mark_.Set(""));
    return writer.Restart();
  }

  const BlobStore& store_;
  BlobSource& source_;
  Clock& clock_;
  const ModuleBlob& module_;
  const DownloadOptions& options_;
  std::stop_token stop_;
  PartMark mark_;
  std::optional<std::uint64_t> total_;
  std::chrono::milliseconds begun_;
  std::chrono::milliseconds observed_{0};
};

}  // namespace

Result<verify::DigestedFile> Download(const BlobStore& store, BlobSource& source, Clock& clock,
                                      const ModuleBlob& module, const DownloadOptions& options,
                                      std::stop_token stop) {
  ASSIGN_OR_RETURN(verify::DigestedFile first,
                   Transfer(store, source, clock, module, options, stop).Run());
  if (first.digest() == module.digest) return first;
  // Once more from the first byte: a part continued with other bytes, or a bad cable, is cured by
  // that.
  RETURN_IF_ERROR(store.RemovePart(module.digest));
  ASSIGN_OR_RETURN(verify::DigestedFile second,
                   Transfer(store, source, clock, module, options, stop).Run());
  if (second.digest() == module.digest) return second;
  Error error(ErrorKind::kRefuted, "digest_mismatch",
              "the platform serves " + second.digest().ToString() + " (" +
                  std::to_string(second.size()) + " bytes) as " + module.digest.ToString() +
                  "; fetched twice, thrown away");
  if (Status removed = store.RemovePart(module.digest); !removed)
    return std::move(error).AlsoFailed(removed.error());
  return error;
}

}  // namespace powernode::mount

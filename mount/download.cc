#include "mount/download.h"

#include <unistd.h>

#include <algorithm>
#include <string>
#include <utility>

#include "agent/base/backoff.h"
#include "agent/base/files.h"
#include "agent/base/syscalls.h"
#include "verify/digesting_writer.h"

namespace powernode::mount {
namespace {

constexpr int kFruitlessAttempts = 6;
constexpr std::chrono::seconds kRetryCap{60};
constexpr std::chrono::milliseconds kObserverPeriod{500};
constexpr std::uint64_t kMaxBlob = std::uint64_t{8} * 1024 * 1024 * 1024;
constexpr std::size_t kMaxEtag = 1024;

Error Cancelled() {
  return Error(ErrorKind::kUnavailable, "cancelled", "the download was stopped; its part is kept");
}

Error NoSpace(const Error& cause) {
  return Error(ErrorKind::kNoSpace, "no_space", cause.message() + "; what has arrived is kept");
}

bool AsksToBeginAgain(const Error& error) {
  return error.code() == "range_not_satisfiable" || error.code() == "bad_content_range";
}

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
    if (!out)
      return out.error().kind() == ErrorKind::kNoSpace ? NoSpace(out.error())
                                                       : std::move(out).error();
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
    Backoff backoff(options_.retry_base, kRetryCap);
    std::uint64_t furthest = writer.size();
    int fruitless = 0;
    while (!total_ || writer.size() < *total_) {
      Status attempt = FetchOnce(writer);
      if (Status flushed = writer.Flush(); !flushed) return OfTheDisk(std::move(flushed).error());
      if (attempt && (!total_ || writer.size() == *total_)) return Ok();
      Error error = attempt
                        ? Error(ErrorKind::kUnavailable, "connection_lost",
                                "the blob ended after " + std::to_string(writer.size()) + " bytes")
                        : std::move(attempt).error();
      if (stop_.stop_requested()) return Cancelled();
      if (AsksToBeginAgain(error)) {
        RETURN_IF_ERROR(BeginAgain(writer));
      } else if (error.kind() != ErrorKind::kUnavailable) {
        return OfTheDisk(std::move(error));
      }
      if (writer.size() > furthest) {
        furthest = writer.size();
        fruitless = 0;
        backoff.Reset();
      } else if (++fruitless >= kFruitlessAttempts) {
        return std::move(error).WithContext("given up after " + std::to_string(fruitless) +
                                            " attempts without progress, " +
                                            std::to_string(writer.size()) + " bytes are kept");
      }
      const std::chrono::milliseconds asked = source_.AskedToWait();
      if (!clock_.Sleep(asked.count() > 0 ? asked : backoff.Next(), stop_)) return Cancelled();
    }
    return Ok();
  }

  static Error OfTheDisk(Error error) {
    return error.kind() == ErrorKind::kNoSpace && error.system_errno() != 0 ? NoSpace(error)
                                                                            : error;
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

#include "mount/store_check.h"

#include <algorithm>
#include <atomic>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include "agent/base/files.h"
#include "agent/base/syscalls.h"
#include "mount/blob_listing.h"
#include "mount/blob_store.h"
#include "mount/object_listing.h"
#include "verify/digested_file.h"
#include "verify/fsverity_measure.h"

namespace powernode::mount {
namespace {

constexpr std::size_t kReadBytes = 1 << 20;

// Below the cache directory.
std::string NameOf(const Paths& paths, const std::string& path) {
  return path.substr(paths.cache.size() + 1);
}

enum class Verdict { kRight, kRightAndEnforced, kGone };

struct Job {
  std::string path;
  std::function<Result<Verdict>(Fd fd)> check;
};

Error Damaged(const std::string& measured) {
  return Error(ErrorKind::kRefuted, "digest_mismatch", "its bytes have " + measured);
}

// The kernel compares what it reads, and fails the read.
Status ReadThrough(const Fd& fd, std::stop_token stop) {
  std::vector<std::byte> buffer(kReadBytes);
  for (;;) {
    if (stop.stop_requested()) return Error(ErrorKind::kUnavailable, "cancelled", "stopped");
    ASSIGN_OR_RETURN_CONTEXT(const std::size_t count, Read(fd, buffer),
                             "the kernel finds other bytes than fs-verity was enabled on, or the "
                             "disk fails");
    if (count == 0) return Ok();
  }
}

Result<Verdict> CheckObject(const Fd& fd, const NeededObject& object, std::stop_token stop) {
  if (object.size == 0)
    return Error(ErrorKind::kRefuted, "digest_mismatch", "it is empty, which no object is");
  ASSIGN_OR_RETURN(const verify::MeasuredFile measured, verify::MeasureFile(fd, {}, stop));
  if (verify::ObjectVerity(measured.digest) != object.digest)
    return Damaged(measured.digest.ToString());
  if (measured.source == verify::FsVeritySource::kComputed) return Verdict::kRight;
  RETURN_IF_ERROR(ReadThrough(fd, stop));
  return Verdict::kRightAndEnforced;
}

Result<Verdict> CheckBlob(Fd fd, const verify::BlobDigest& digest, std::stop_token stop) {
  ASSIGN_OR_RETURN(const verify::DigestedFile measured, verify::DigestFile(std::move(fd), stop));
  if (measured.digest() != digest) return Damaged(measured.digest().ToString());
  return Verdict::kRight;
}

// Each job once, by as many threads.
class Checker {
 public:
  Checker(const Paths& paths, std::vector<Job> jobs, std::stop_token stop)
      : paths_(paths), jobs_(std::move(jobs)), stop_(std::move(stop)) {}

  Result<StoreCheck> Run(std::size_t threads) {
    {
      std::vector<std::jthread> others;
      for (std::size_t started = 1; started < threads; ++started)
        others.emplace_back([this] { Work(); });
      Work();
    }
    if (stop_.stop_requested())
      return Error(ErrorKind::kUnavailable, "cancelled", "check the module store: stopped");
    const auto by_name = [](const StoreProblem& one, const StoreProblem& other) {
      return one.name < other.name;
    };
    std::sort(found_.damaged.begin(), found_.damaged.end(), by_name);
    std::sort(found_.unreadable.begin(), found_.unreadable.end(), by_name);
    return std::move(found_);
  }

 private:
  void Work() {
    while (!stop_.stop_requested()) {
      const std::size_t index = next_++;
      if (index >= jobs_.size()) return;
      const Job& job = jobs_[index];
      const Result<Verdict> verdict = Check(job);
      const std::lock_guard hold(mutex_);
      if (verdict) {
        if (*verdict == Verdict::kRightAndEnforced) ++found_.enforced;
      } else {
        const bool damaged = verdict.error().kind() == ErrorKind::kRefuted;
        (damaged ? found_.damaged : found_.unreadable)
            .push_back({.name = NameOf(paths_, job.path), .detail = verdict.error().message()});
      }
    }
  }

  static Result<Verdict> Check(const Job& job) {
    Result<Fd> fd = Open(job.path, O_RDONLY | O_NOFOLLOW);
    if (fd) return job.check(*std::move(fd));
    if (fd.error().kind() == ErrorKind::kNotFound) return Verdict::kGone;
    return std::move(fd).error();
  }

  const Paths& paths_;
  const std::vector<Job> jobs_;
  const std::stop_token stop_;
  std::atomic<std::size_t> next_ = 0;
  std::mutex mutex_;
  StoreCheck found_;
};

}  // namespace

Result<StoreContents> LookIntoStore(const Paths& paths) {
  ASSIGN_OR_RETURN(const ObjectListing objects, ListStore(ObjectStore(paths.objects)));
  ASSIGN_OR_RETURN(const BlobListing blobs, ListBlobs(paths));
  ASSIGN_OR_RETURN(const std::vector<PartialDownload> partials, ListPartials(paths));
  StoreContents contents;
  const auto add = [&](StoredFiles& files, std::uint64_t bytes, std::uint64_t allocated) {
    ++files.count;
    files.bytes += bytes;
    contents.allocated += allocated;
  };
  for (const StoredObject& stored : objects.objects)
    add(contents.objects, stored.object.size, stored.allocated);
  for (const StoredBlob& blob : blobs.blobs) add(contents.blobs, blob.size, blob.allocated);
  for (const std::string& name : objects.incoming)
    contents.leftovers.push_back(NameOf(paths, JoinPath(paths.objects, name)));
  for (const PartialDownload& partial : partials) {
    contents.allocated += partial.allocated;
    for (const std::string& name : partial.names)
      contents.leftovers.push_back(NameOf(paths, JoinPath(paths.partial, name)));
  }
  for (const std::string& name : objects.foreign)
    contents.foreign.push_back(NameOf(paths, JoinPath(paths.objects, name)));
  for (const std::string& name : blobs.foreign)
    contents.foreign.push_back(NameOf(paths, JoinPath(paths.blobs, name)));
  return contents;
}

Result<StoreCheck> CheckStore(const Paths& paths, std::size_t threads, std::stop_token stop) {
  if (threads < 1 || threads > verify::kMaxMeasureThreads)
    return Error(ErrorKind::kInvalid, "bad_threads",
                 "check the module store with 1 to " + std::to_string(verify::kMaxMeasureThreads) +
                     " threads");
  const ObjectStore object_store(paths.objects);
  const BlobStore blob_store(paths, 0);
  ASSIGN_OR_RETURN(const ObjectListing objects, ListStore(object_store));
  ASSIGN_OR_RETURN(const BlobListing blobs, ListBlobs(paths));
  std::vector<Job> jobs;
  jobs.reserve(objects.objects.size() + blobs.blobs.size());
  for (const StoredBlob& blob : blobs.blobs)
    jobs.push_back({.path = blob_store.PathOf(blob.digest), .check = [&blob, stop](Fd fd) {
                      return CheckBlob(std::move(fd), blob.digest, stop);
                    }});
  for (const StoredObject& stored : objects.objects)
    jobs.push_back(
        {.path = object_store.PathOf(stored.object.digest),
         .check = [&stored, stop](Fd fd) { return CheckObject(fd, stored.object, stop); }});
  return Checker(paths, std::move(jobs), stop).Run(threads);
}

}  // namespace powernode::mount

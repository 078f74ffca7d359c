#include "mount/object_fetch.h"

#include <algorithm>
#include <numeric>
#include <thread>
#include <utility>

namespace powernode::mount {
namespace {

constexpr std::size_t kConnections = 2;
// Fewer small objects than this are not worth a second question.
constexpr std::size_t kFewObjects = 32;
constexpr std::size_t kMaxLargeObjects = 16;

std::uint64_t BytesOf(std::span<const NeededObject> objects) {
  return std::accumulate(
      objects.begin(), objects.end(), std::uint64_t{0},
      [](std::uint64_t sum, const NeededObject& object) { return sum + object.size; });
}

}  // namespace

ObjectFetch::ObjectFetch(const FetchTools& tools, std::span<const NeededObject> wanted)
    : tools_(tools) {
  std::vector<NeededObject> large;
  std::vector<NeededObject> small;
  for (const NeededObject& object : wanted)
    (object.size >= kLargeObject ? large : small).push_back(object);
  // A share for each connection, so that neither is idle while the other has much to do.
  Plan(large, false, std::min(BytesOf(large) / kConnections, kBatchBytes), kMaxLargeObjects);
  const std::size_t share =
      small.size() <= kFewObjects ? small.size() : (small.size() + 1) / kConnections;
  Plan(small, true, std::min(kBatchBytes, ObjectSource::kMaxBatchBytes),
       std::min(share, ObjectSource::kMaxBatchObjects));
}

void ObjectFetch::Plan(std::span<const NeededObject> wanted, bool together, std::uint64_t max_bytes,
                       std::size_t max_objects) {
  Job job{.objects = {}, .together = together};
  std::uint64_t bytes = 0;
  for (const NeededObject& object : wanted) {
    const bool full = job.objects.size() >= max_objects || bytes + object.size > max_bytes;
    if (full && !job.objects.empty()) {
      jobs_.push_back(std::exchange(job, Job{.objects = {}, .together = together}));
      bytes = 0;
    }
    job.objects.push_back(object);
    bytes += object.size;
  }
  if (!job.objects.empty()) jobs_.push_back(std::move(job));
}

Status ObjectFetch::Run(const std::stop_token& stop) {
  const std::stop_callback pass_on(stop, [this] { ended_.request_stop(); });
  const std::size_t workers = std::min(kConnections, jobs_.size());
  {
    std::vector<std::jthread> others;
    for (std::size_t i = 1; i < workers; ++i) others.emplace_back([this] { Work(); });
    if (workers > 0) Work();
  }
  if (failure_) return *failure_;
  std::sort(absent_.begin(), absent_.end());
  return Ok();
}

std::optional<ObjectFetch::Job> ObjectFetch::NextJob() {
  const std::scoped_lock lock(mutex_);
  if (jobs_.empty() || failure_) return std::nullopt;
  Job job = std::move(jobs_.front());
  jobs_.pop_front();
  return job;
}

void ObjectFetch::Work() {
  Result<ObjectTransfer> transfer = ObjectTransfer::Begin(tools_, ended_.get_token());
  if (!transfer) return Fail(std::move(transfer).error());
  while (const std::optional<Job> job = NextJob()) {
    Status carried = Carry(*transfer, *job);
    Status kept = transfer->Commit();
    if (!carried && !kept) return Fail(std::move(carried).error().AlsoFailed(kept.error()));
    if (!carried) return Fail(std::move(carried).error());
    if (!kept) return Fail(std::move(kept).error());
  }
  const std::scoped_lock lock(mutex_);
  absent_.insert(absent_.end(), transfer->absent().begin(), transfer->absent().end());
}

Status ObjectFetch::Carry(ObjectTransfer& transfer, const Job& job) {
  if (!job.together || !batches_supported_) return transfer.FetchEach(job.objects);
  Status fetched = transfer.FetchTogether(job.objects);
  if (fetched || fetched.error().code() != "batch_unsupported") return fetched;
  batches_supported_ = false;
  return transfer.FetchEach(job.objects);
}

void ObjectFetch::Fail(Error error) {
  const std::scoped_lock lock(mutex_);
  if (!failure_) failure_ = std::move(error);
  ended_.request_stop();
}

}  // namespace powernode::mount

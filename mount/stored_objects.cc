#include "mount/stored_objects.h"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <thread>
#include <utility>

#include "agent/base/syscalls.h"
#include "verify/fsverity_hash.h"

namespace powernode::mount {
namespace {

constexpr unsigned kMaxThreads = 8;
constexpr std::size_t kHashedAtOnce = 256 * 1024;

class Check {
 public:
  Check(const ObjectStore& store, std::span<const NeededObject> objects, Clock& clock,
        std::stop_token stop, const verify::VerityIoctl& ioctl)
      : store_(store), objects_(objects), clock_(clock), stop_(std::move(stop)), ioctl_(ioctl) {}

  Result<StoredObjects> Run() {
    const std::size_t threads = std::clamp<std::size_t>(
        std::min<std::size_t>(std::thread::hardware_concurrency(), objects_.size()), 1,
        kMaxThreads);
    {
      std::vector<std::jthread> others;
      for (std::size_t i = 1; i < threads; ++i) others.emplace_back([this] { Work(); });
      Work();
    }
    if (failure_) return *failure_;
    if (stop_.stop_requested())
      return Error(ErrorKind::kUnavailable, "cancelled", "checking the stored objects was stopped");
    std::sort(found_.damaged.begin(), found_.damaged.end());
    return std::move(found_);
  }

 private:
  void Work() {
    std::vector<std::byte> buffer(kHashedAtOnce);
    while (!stop_.stop_requested()) {
      const std::size_t index = next_++;
      if (index >= objects_.size()) return;
      const NeededObject& object = objects_[index];
      const Result<bool> whole = IsWhole(object, buffer);
      if (whole && *whole) continue;
      const std::scoped_lock lock(mutex_);
      if (whole) found_.damaged.push_back(object);
      if (!whole && !failure_) failure_ = whole.error().WithContext("check a stored object");
      if (failure_) return;
    }
  }

  Result<bool> IsWhole(const NeededObject& object, std::span<std::byte> buffer) {
    ASSIGN_OR_RETURN(const Fd fd,
                     Open(store_.PathOf(object.digest), O_RDONLY | O_NOFOLLOW | O_NONBLOCK));
    const Status held = HoldByKernel(fd, object);
    if (held) return true;
    if (held.error().kind() == ErrorKind::kRefuted) return false;
    {
      const std::scoped_lock lock(mutex_);
      if (!found_.not_enforced) found_.not_enforced = held.error();
    }
    return HasItsBytes(fd, object, buffer);
  }

  Status HoldByKernel(const Fd& fd, const NeededObject& object) {
    const verify::FsVerityDigest& digest = object.digest.digest();
    Status held = verify::RequireVerity(fd, digest, ioctl_);
    if (held || held.error().code() != "fsverity_not_enabled") return held;
    RETURN_IF_ERROR(verify::EnableVerity(fd, {}, clock_, ioctl_));
    return verify::RequireVerity(fd, digest, ioctl_);
  }

  // What the disk cannot read is as lost as what it reads wrongly.
  bool HasItsBytes(const Fd& fd, const NeededObject& object, std::span<std::byte> buffer) const {
    verify::FsVerityHash hash;
    for (std::uint64_t done = 0;;) {
      if (stop_.stop_requested()) return true;  // nobody will look at the answer
      const Result<std::size_t> count = Pread(fd, buffer, done);
      if (!count || done + *count > object.size) return false;
      if (*count == 0) return done == object.size && hash.Finish() == object.digest.digest();
      hash.Update(buffer.first(*count));
      done += *count;
    }
  }

  const ObjectStore& store_;
  std::span<const NeededObject> objects_;
  Clock& clock_;
  std::stop_token stop_;
  const verify::VerityIoctl& ioctl_;
  std::atomic<std::size_t> next_ = 0;

  std::mutex mutex_;  // guards what follows
  StoredObjects found_;
  std::optional<Error> failure_;
};

}  // namespace

Result<StoredObjects> CheckStoredObjects(const ObjectStore& store,
                                         std::span<const NeededObject> objects,
                                         verify::VerityMode mode, Clock& clock,
                                         std::stop_token stop, const verify::VerityIoctl& ioctl) {
  if (mode == verify::VerityMode::kOff)
    return StoredObjects{.damaged = {},
                         .not_enforced = Error(ErrorKind::kRefused, "verity_off",
                                               "the policy does not ask for fs-verity")};
  return Check(store, objects, clock, std::move(stop), ioctl).Run();
}

}  // namespace powernode::mount

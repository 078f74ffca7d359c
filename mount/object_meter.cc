#include "mount/object_meter.h"

#include <algorithm>
#include <utility>

namespace powernode::mount {
namespace {

constexpr std::chrono::milliseconds kPeriod{500};

}  // namespace

ObjectMeter::ObjectMeter(ObjectProgress progress, Clock& clock, const Observer& observer)
    : progress_(std::move(progress)),
      clock_(clock),
      observer_(observer),
      begun_(clock.Monotonic()),
      told_(begun_) {}

void ObjectMeter::AddBytes(std::uint64_t bytes) {
  const std::scoped_lock lock(mutex_);
  progress_.bytes_done += bytes;
  if (observer_ && clock_.Monotonic() - told_ >= kPeriod) Tell();
}

void ObjectMeter::TakeBack(std::uint64_t bytes) {
  const std::scoped_lock lock(mutex_);
  progress_.bytes_done -= std::min(bytes, progress_.bytes_done);
}

void ObjectMeter::AddObject() {
  const std::scoped_lock lock(mutex_);
  ++progress_.objects_done;
}

void ObjectMeter::Finish() {
  const std::scoped_lock lock(mutex_);
  progress_.finished = true;
  if (observer_) Tell();
}

void ObjectMeter::Tell() {
  told_ = clock_.Monotonic();
  progress_.seconds = std::chrono::duration<double>(told_ - begun_).count();
  observer_(progress_);
}

}  // namespace powernode::mount

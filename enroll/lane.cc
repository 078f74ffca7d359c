#include "enroll/lane.h"

#include <algorithm>

namespace powernode::enroll {

Lane::Hold::~Hold() {
  if (lane_ == nullptr) return;
  {
    const std::scoped_lock lock(lane_->mutex_);
    lane_->slots_[index_].taken = false;
  }
  lane_->freed_.notify_one();
}

Result<Lane::Hold> Lane::Take(std::uint64_t epoch,
                              const std::function<Result<std::unique_ptr<HttpTransport>>()>& make,
                              std::stop_token stop) {
  std::size_t index = 0;
  {
    std::unique_lock lock(mutex_);
    const bool found = freed_.wait(lock, stop, [&] {
      const auto free =
          std::find_if(slots_.begin(), slots_.end(), [](const Slot& slot) { return !slot.taken; });
      index = static_cast<std::size_t>(free - slots_.begin());
      return free != slots_.end();
    });
    if (!found)
      return Error(ErrorKind::kUnavailable, "stopped",
                   "stopped while waiting for a connection to be free");
    slots_[index].taken = true;
  }
  Hold hold(this, index);
  Slot& slot = slots_[index];  // ours alone while taken
  if (slot.transport == nullptr || slot.epoch != epoch) {
    slot.transport.reset();
    ASSIGN_OR_RETURN(slot.transport, make());
    slot.epoch = epoch;
  }
  return hold;
}

void Lane::KeepQuietUntil(std::chrono::milliseconds monotonic) {
  const std::scoped_lock lock(mutex_);
  quiet_until_ = std::max(quiet_until_, monotonic);
}

std::chrono::milliseconds Lane::quiet_until() const {
  const std::scoped_lock lock(mutex_);
  return quiet_until_;
}

}  // namespace powernode::enroll

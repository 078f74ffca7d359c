// Counts what a fetch of objects has brought so far and tells the observer, at most twice a second.
// Thread-safe; the observer is called by one thread at a time.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <mutex>

#include "agent/base/clock.h"
#include "mount/object_puller.h"

namespace powernode::mount {

class ObjectMeter {
 public:
  using Observer = std::function<void(const ObjectProgress&)>;

  // `progress` with its totals; `clock` and `observer` outlive the meter.
  ObjectMeter(ObjectProgress progress, Clock& clock, const Observer& observer);

  void AddBytes(std::uint64_t bytes);
  // Bytes that were counted and have to come again.
  void TakeBack(std::uint64_t bytes);
  void AddObject();
  void Finish();

 private:
  void Tell();  // with mutex_ held

  std::mutex mutex_;
  ObjectProgress progress_;
  Clock& clock_;
  const Observer& observer_;
  std::chrono::milliseconds begun_;
  std::chrono::milliseconds told_;
};

}  // namespace powernode::mount

// The connections to the platform (node-api.md §1.1: at most four a node): one for control, one for
// tasks and reconciling, two for downloads. A lane is taken for one call; its connection lives on
// for the next one, and is made anew when the credentials have changed. Thread-safe.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <stop_token>
#include <vector>

#include "agent/base/http.h"
#include "agent/base/result.h"
#include "enroll/transport.h"

namespace powernode::enroll {

class Lane {
 public:
  explicit Lane(std::size_t connections) : slots_(connections) {}

  // One connection, taken until it is destroyed. Must not outlive its lane.
  class Hold {
   public:
    Hold(Hold&& other) noexcept
        : lane_(std::exchange(other.lane_, nullptr)), index_(other.index_) {}
    Hold& operator=(Hold&&) = delete;
    ~Hold();
    HttpTransport& transport() { return *lane_->slots_[index_].transport; }

   private:
    friend class Lane;
    Hold(Lane* lane, std::size_t index) : lane_(lane), index_(index) {}
    Lane* lane_;
    std::size_t index_;
  };

  // Waits for a free connection. `epoch` counts the credentials: a connection of another epoch is
  // replaced by one from `make`. kUnavailable "stopped".
  Result<Hold> Take(std::uint64_t epoch,
                    const std::function<Result<std::unique_ptr<HttpTransport>>()>& make,
                    std::stop_token stop);

  // Until when, on the monotonic clock, the platform wants this lane to keep quiet.
  void KeepQuietUntil(std::chrono::milliseconds monotonic);
  std::chrono::milliseconds quiet_until() const;

 private:
  struct Slot {
    std::unique_ptr<HttpTransport> transport;
    std::uint64_t epoch = 0;
    bool taken = false;
  };

  mutable std::mutex mutex_;
  std::condition_variable_any freed_;
  std::vector<Slot> slots_;
  std::chrono::milliseconds quiet_until_{0};
};

}  // namespace powernode::enroll

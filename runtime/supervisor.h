// The service's loops, each in a thread of its own, and the one that watches them (node-files.md
// §13).
//
// A loop is a name, a period and a tick. Loops never wait for each other. A tick that ends with an
// exception of a library is logged and the loop goes on after 10 s, after twice that with each
// further one in a row, at most 10 min: it is "failing" until a tick ends well. A loop whose tick
// runs longer than its patience is "stuck": it is named, and the watchdog is no longer fed, so that
// the service manager restarts the agent.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "agent/base/clock.h"
#include "agent/base/log.h"

namespace powernode::runtime {

struct Loop {
  std::string name;
  std::chrono::milliseconds patience;  // how long one tick may take
  // Does one round and returns the wait until the next.
  std::function<std::chrono::milliseconds(std::stop_token)> tick;
};

class Supervisor {
 public:
  Supervisor(Clock& clock, Log& log) : clock_(clock), log_(log) {}
  ~Supervisor() { Stop(); }
  Supervisor(const Supervisor&) = delete;
  Supervisor& operator=(const Supervisor&) = delete;

  void Start(Loop loop);

  // Makes the named loop's wait end now.
  void Wake(const std::string& name);

  // Returns when a loop has ended a tick since the last call, or after `at_most`; false when `stop`
  // was requested. For one thread: nothing else has to wake up to see what the loops did.
  bool AwaitTick(std::chrono::milliseconds at_most, std::stop_token stop);

  // The name of a loop whose tick is over its patience.
  std::optional<std::string> Stuck() const;

  // The names of the loops whose newest tick ended with an exception.
  std::vector<std::string> Failing() const;

  // How often each loop was started again after an exception.
  std::vector<std::pair<std::string, std::uint64_t>> Restarts() const;

  // Asks all loops to stop and waits for them.
  void Stop();

 private:
  struct Running {
    Loop loop;
    std::atomic<std::int64_t> tick_started_ms{-1};  // -1: between ticks
    std::atomic<std::uint64_t> restarts{0};
    std::atomic<unsigned> failures{0};  // in a row
    std::mutex mutex;
    std::condition_variable_any wake;
    bool woken = false;
    std::jthread thread;
  };

  void Run(Running& running, std::stop_token stop);
  std::chrono::milliseconds Tick(Running& running, std::stop_token stop);

  Clock& clock_;
  Log& log_;
  mutable std::mutex loops_mutex_;  // loops wake each other while others are still being started
  std::vector<std::unique_ptr<Running>> loops_;
  std::mutex ticked_mutex_;
  std::condition_variable_any tick_ended_;
  bool ticked_ = false;
};

}  // namespace powernode::runtime

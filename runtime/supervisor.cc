#include "runtime/supervisor.h"

#include <algorithm>
#include <exception>

namespace powernode::runtime {
namespace {

constexpr std::chrono::milliseconds kAfterException{10'000};
constexpr std::chrono::milliseconds kLongestAfterException{600'000};
constexpr unsigned kMostDoublings = 6;  // past the longest

}  // namespace

void Supervisor::Start(Loop loop) {
  auto running = std::make_unique<Running>();
  running->loop = std::move(loop);
  Running& reference = *running;
  const std::scoped_lock lock(loops_mutex_);
  loops_.push_back(std::move(running));
  reference.thread =
      std::jthread([this, &reference](std::stop_token stop) { Run(reference, stop); });
}

void Supervisor::Wake(const std::string& name) {
  const std::scoped_lock loops_lock(loops_mutex_);
  for (const auto& running : loops_) {
    if (running->loop.name != name) continue;
    const std::scoped_lock lock(running->mutex);
    running->woken = true;
    running->wake.notify_all();
  }
}

bool Supervisor::AwaitTick(std::chrono::milliseconds at_most, std::stop_token stop) {
  std::unique_lock lock(ticked_mutex_);
  tick_ended_.wait_for(lock, stop, at_most, [&] { return ticked_; });
  ticked_ = false;
  return !stop.stop_requested();
}

std::optional<std::string> Supervisor::Stuck() const {
  const std::int64_t now = clock_.Monotonic().count();
  const std::scoped_lock lock(loops_mutex_);
  for (const auto& running : loops_) {
    const std::int64_t started = running->tick_started_ms.load();
    if (started >= 0 && now - started > running->loop.patience.count()) return running->loop.name;
  }
  return std::nullopt;
}

std::vector<std::string> Supervisor::Failing() const {
  std::vector<std::string> names;
  const std::scoped_lock lock(loops_mutex_);
  for (const auto& running : loops_)
    if (running->failures > 0) names.push_back(running->loop.name);
  return names;
}

std::vector<std::pair<std::string, std::uint64_t>> Supervisor::Restarts() const {
  std::vector<std::pair<std::string, std::uint64_t>> counts;
  const std::scoped_lock lock(loops_mutex_);
  for (const auto& running : loops_) counts.emplace_back(running->loop.name, running->restarts);
  return counts;
}

void Supervisor::Stop() {
  std::vector<std::unique_ptr<Running>> ending;
  {
    const std::scoped_lock lock(loops_mutex_);
    ending.swap(loops_);
  }
  for (const auto& running : ending) running->thread.request_stop();
  ending.clear();  // jthread joins
}

void Supervisor::Run(Running& running, std::stop_token stop) {
  while (!stop.stop_requested()) {
    running.tick_started_ms = clock_.Monotonic().count();
    const std::chrono::milliseconds wait = Tick(running, stop);
    running.tick_started_ms = -1;
    {
      const std::scoped_lock ticked_lock(ticked_mutex_);
      ticked_ = true;
    }
    tick_ended_.notify_all();
    std::unique_lock lock(running.mutex);
    running.wake.wait_for(lock, stop, wait, [&] { return running.woken; });
    running.woken = false;
  }
}

// Our code does not throw; a library may (out of memory, a regular expression). The loop outlives
// it.
std::chrono::milliseconds Supervisor::Tick(Running& running, std::stop_token stop) {
  try {
    const std::chrono::milliseconds wait = running.loop.tick(stop);
    running.failures = 0;
    return wait;
  } catch (const std::exception& exception) {
    log_.Write(LogLevel::kError, running.loop.name, std::string("loop failed: ") + exception.what(),
               {});
    ++running.restarts;
    const unsigned doublings = std::min(running.failures++, kMostDoublings);
    return std::min(kAfterException * (1U << doublings), kLongestAfterException);
  }
}

}  // namespace powernode::runtime

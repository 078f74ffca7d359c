#include "mount/early_writeback.h"

#include <unistd.h>

namespace powernode::mount {
namespace {

constexpr std::uint64_t kEnoughBytes = std::uint64_t{16} << 20;

}  // namespace

void EarlyWriteback::Wrote(std::uint64_t bytes) {
  {
    const std::lock_guard hold(mutex_);
    waiting_ += bytes;
    if (waiting_ < kEnoughBytes) return;
    if (!thread_.joinable())
      thread_ = std::jthread([this](const std::stop_token& stop) { Run(stop); });
  }
  enough_.notify_one();
}

void EarlyWriteback::Run(const std::stop_token& stop) {
  for (;;) {
    {
      std::unique_lock lock(mutex_);
      if (!enough_.wait(lock, stop, [this] { return waiting_ >= kEnoughBytes; })) return;
      waiting_ = 0;
    }
    (void)::syncfs(file_system_.get());
  }
}

}  // namespace powernode::mount

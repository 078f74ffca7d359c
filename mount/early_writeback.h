// Has the disk busy while a batch is still being filled: a thread that syncs the file system
// whenever so many bytes more have been written, so that the sync at the batch's end finds little
// to do. It promises nothing about durability: the descriptor is its own, and a failed write is
// reported to the batch's as well (errseq, Linux 4.13).
#pragma once

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <thread>
#include <utility>

#include "agent/base/fd.h"

namespace powernode::mount {

class EarlyWriteback {
 public:
  // A descriptor opened for it alone, on the file system that is written to.
  explicit EarlyWriteback(Fd file_system) : file_system_(std::move(file_system)) {}

  // From any thread.
  void Wrote(std::uint64_t bytes);

 private:
  void Run(const std::stop_token& stop);

  Fd file_system_;
  std::mutex mutex_;
  std::condition_variable_any enough_;
  std::uint64_t waiting_ = 0;  // bytes written since the last sync began
  std::jthread thread_;        // of the first time it was enough; last: ends before what it uses
};

}  // namespace powernode::mount

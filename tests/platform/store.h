// The one State of a directory, its owner, and its file. Opening takes an exclusive flock on
// DIR/lock, so that a serving process and a command never write at the same time; the kernel drops
// it however the process ends. A change is saved by writing a new file and renaming it: a kill at
// any moment leaves the state before or after a request, never half of one. (No fsync: a test peer
// need not outlive a power cut.)
//
// Threads share a Store; each takes the State with Lock() and gives it back.
#pragma once

#include <mutex>
#include <string>
#include <utility>

#include "agent/base/fd.h"
#include "agent/base/result.h"
#include "tests/platform/state.h"
#include "tests/platform/state_directory.h"

namespace powernode::platform {

class Store {
 public:
  // Creates the directory when it is missing. kBusy "state_in_use" when another process has it.
  static Result<Store> Open(const StateDirectory& directory);

  class Guard {
   public:
    Guard(std::unique_lock<std::mutex> lock, Store& store)
        : lock_(std::move(lock)), store_(store) {}
    State& operator*() const { return store_.state_; }
    State* operator->() const { return &store_.state_; }
    Status Save() const { return store_.Save(); }

   private:
    std::unique_lock<std::mutex> lock_;
    Store& store_;
  };

  Guard Lock() { return {std::unique_lock(*mutex_), *this}; }
  const StateDirectory& directory() const { return directory_; }

 private:
  Store(StateDirectory directory, Fd lock, State state)
      : directory_(std::move(directory)), lock_(std::move(lock)), state_(std::move(state)) {}
  Status Save() const;

  StateDirectory directory_;
  Fd lock_;
  State state_;
  std::unique_ptr<std::mutex> mutex_ = std::make_unique<std::mutex>();
};

}  // namespace powernode::platform

// Fetches objects into the store: small ones many to an answer, large ones each by itself, over the
// two connections that downloads have (node-api.md §1.1). However it ends, what has arrived whole
// is in the store, and of large objects what has arrived is kept for the next time.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <stop_token>
#include <vector>

#include "agent/base/result.h"
#include "mount/object_transfer.h"

namespace powernode::mount {

// From this size on an object is fetched by itself.
inline constexpr std::uint64_t kLargeObject = std::uint64_t{4} << 20;

class ObjectFetch {
 public:
  // `tools` outlives the fetch. Each of `wanted` stands there once; stored objects with a wanted
  // digest and another size are replaced.
  ObjectFetch(const FetchTools& tools, std::span<const NeededObject> wanted);

  // Once. Errors as ObjectTransfer; the first one ends the fetch.
  Status Run(const std::stop_token& stop);

  // Those that the source does not have, by digest.
  const std::vector<NeededObject>& absent() const { return absent_; }

 private:
  struct Job {
    std::vector<NeededObject> objects;
    bool together = false;
  };

  void Plan(std::span<const NeededObject> wanted, bool together, std::uint64_t max_bytes,
            std::size_t max_objects);
  std::optional<Job> NextJob();
  void Work();
  Status Carry(ObjectTransfer& transfer, const Job& job);
  void Fail(Error error);

  const FetchTools& tools_;
  std::atomic<bool> batches_supported_ = true;
  std::stop_source ended_;  // by the caller or the first failure

  std::mutex mutex_;  // guards what follows
  std::deque<Job> jobs_;
  std::vector<NeededObject> absent_;
  std::optional<Error> failure_;
};

}  // namespace powernode::mount

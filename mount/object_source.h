// Where objects come from, as narrow as the puller needs it; NodeObjectSource is the platform
// (node-api.md §11.4).
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <stop_token>
#include <string>

#include "agent/base/result.h"
#include "mount/object_store.h"

namespace powernode::mount {

struct ObjectWish {
  NeededObject object;
  std::uint64_t offset = 0;  // bytes that are here already; 0: the whole object
};

// Receives one object after another.
class ObjectReceiver {
 public:
  virtual ~ObjectReceiver() = default;
  // Bytes that follow are of this object, `size` of them; an error ends the transfer and is passed
  // on as it is.
  virtual Status Begin(const verify::ObjectVerity& digest, std::uint64_t size) = 0;
  virtual Status Bytes(std::span<const std::byte> bytes) = 0;
  virtual Status End() = 0;
};

class ObjectSource {
 public:
  virtual ~ObjectSource() = default;

  // Many in one answer: at most kMaxBatchObjects, kMaxBatchBytes in all. Those that the source does
  // not have are left out. kUnsupported "batch_unsupported": ask for each by itself.
  static constexpr std::size_t kMaxBatchObjects = 1000;
  static constexpr std::uint64_t kMaxBatchBytes = std::uint64_t{256} << 20;
  virtual Status FetchMany(std::span<const NeededObject> objects, ObjectReceiver& receiver,
                           std::stop_token stop) = 0;

  // One attempt at one object, from wish.offset on; `on_head` is told where the bytes begin (the
  // wish's offset, or 0). kNotFound when the source does not have it; kUnavailable is worth another
  // attempt.
  virtual Status FetchOne(const ObjectWish& wish,
                          const std::function<Status(std::uint64_t)>& on_head,
                          const std::function<Status(std::span<const std::byte>)>& sink,
                          std::stop_token stop) = 0;

  virtual std::chrono::milliseconds AskedToWait() const = 0;
};

}  // namespace powernode::mount

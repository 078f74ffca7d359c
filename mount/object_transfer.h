// One thread's share of a fetch: brings objects from the source into a batch of its own and commits
// it. A transfer that breaks off is continued; bytes with another digest are fetched once more.
#pragma once

#include <chrono>
#include <cstdint>
#include <set>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "agent/base/clock.h"
#include "agent/base/result.h"
#include "mount/object_batch.h"
#include "mount/object_meter.h"
#include "mount/object_part.h"
#include "mount/object_source.h"
#include "mount/object_store.h"

namespace powernode::mount {

struct FetchTools {
  const ObjectStore& store;
  ObjectSource& source;
  Clock& clock;
  ObjectMeter& meter;
  KernelVerity verity;
  std::string partial_directory;  // exists
  std::chrono::milliseconds retry_base;
};

// What a batch holds at most before it is committed, save when a single object is larger.
inline constexpr std::uint64_t kBatchBytes = std::uint64_t{64} << 20;

class ObjectTransfer {
 public:
  // `tools` outlives the transfer.
  static Result<ObjectTransfer> Begin(const FetchTools& tools, std::stop_token stop);

  // In one answer, or as many as it takes. kUnsupported "batch_unsupported": FetchEach them.
  // kRefuted "digest_mismatch"; kNoSpace "no_space"; kUnavailable "cancelled"; the source's.
  Status FetchTogether(std::span<const NeededObject> objects);
  // One answer an object, from the byte where an earlier one ended. Passes over those that
  // FetchTogether has brought. Errors as FetchTogether.
  Status FetchEach(std::span<const NeededObject> objects);

  // Also after a failure: what is whole is kept.
  Status Commit();

  // Those that the source does not have.
  const std::vector<NeededObject>& absent() const { return absent_; }

 private:
  class Receiver;

  ObjectTransfer(const FetchTools& tools, ObjectBatch batch, std::stop_token stop)
      : tools_(tools), stop_(std::move(stop)), batch_(std::move(batch)) {}

  Status FetchOne(const NeededObject& object);
  Status Fill(ObjectPart& part, const NeededObject& object);
  Status StartOver(ObjectPart& part);
  Status NoteWrong(const NeededObject& object);

  const FetchTools& tools_;
  std::stop_token stop_;
  ObjectBatch batch_;
  std::vector<ObjectPart> parts_;           // of objects in the batch: they go when it is committed
  std::uint64_t uncommitted_ = 0;           // bytes, of objects fetched by themselves
  std::set<verify::ObjectVerity> brought_;  // by FetchTogether
  std::set<verify::ObjectVerity> wrong_;    // came with other bytes once
  std::vector<NeededObject> absent_;
};

}  // namespace powernode::mount

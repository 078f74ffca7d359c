// Brings the objects that a composefs image needs into the store: walks the proven image, asks the
// platform for what is missing and for nothing else, holds each object to its digest before it gets
// its name, and keeps what has arrived when it is interrupted.
//
// Thread rule: two threads may complete two images with one puller.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <stop_token>
#include <string>
#include <vector>

#include "agent/base/clock.h"
#include "agent/base/result.h"
#include "mount/complete_objects.h"
#include "mount/object_source.h"
#include "mount/object_store.h"
#include "verify/policy.h"
#include "verify/verified_image.h"

namespace powernode::mount {

struct ObjectProgress {
  std::string module;  // its name
  std::uint64_t objects_done = 0;
  std::uint64_t objects_total = 0;  // to fetch
  std::uint64_t bytes_done = 0;
  std::uint64_t bytes_total = 0;    // to fetch
  std::uint64_t bytes_present = 0;  // were here already
  double seconds = 0;
  bool finished = false;
};

class ObjectPuller {
 public:
  struct Options {
    verify::VerityMode verity = verify::VerityMode::kAuto;
    std::uint64_t floor_mib = 256;  // free space that is never used
    std::string partial_directory;  // for large objects that are not whole yet; made when missing
    std::chrono::milliseconds retry_base{1'000};  // full jitter, doubling up to 60 s
    // At most twice a second, and at the end of a fetch; by one thread at a time.
    std::function<void(const ObjectProgress&)> observer;
  };

  // What is passed outlives the puller. `source` may be nullptr: then only the store is used.
  ObjectPuller(const ObjectStore& store, ObjectSource* source, Clock& clock, Options options)
      : store_(store), source_(source), clock_(clock), options_(std::move(options)) {}

  // kRefuted "objects_missing" when the platform does not have one, "digest_mismatch" when it
  // serves other bytes (fetched twice); kNotFound "objects_not_stored" without a source; kNoSpace
  // "no_space" before a byte is lost; kRefuted "object_damaged" when a stored object has other
  // bytes and cannot be fetched anew; kCannotTell "verity_required" when the policy wants the
  // kernel's fs-verity and it cannot be had; errors of composefs::ListObjects; kUnavailable
  // "cancelled" and the source's.
  Result<CompleteObjects> Complete(const verify::VerifiedImage& image, const std::string& module,
                                   std::stop_token stop) const;

  // Without any network.
  Result<CompleteObjects> FromStore(const verify::VerifiedImage& image, const std::string& module,
                                    std::stop_token stop) const;

 private:
  Result<CompleteObjects> CompleteThem(const verify::VerifiedImage& image,
                                       const std::string& module, ObjectSource* source,
                                       std::stop_token stop) const;
  Status Fetch(ObjectSource& source, const std::vector<NeededObject>& missing,
               std::uint64_t needed_bytes, const std::string& module,
               const std::stop_token& stop) const;

  const ObjectStore& store_;
  ObjectSource* source_;
  Clock& clock_;
  Options options_;
};

}  // namespace powernode::mount

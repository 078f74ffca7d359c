// One blob from a source to the part file of the store, measured on the way. Interrupted at any
// point, by the network, the power or a stop, the part stays and the next download continues it
// (node-api.md §11.2).
#pragma once

#include <chrono>
#include <stop_token>

#include "agent/base/clock.h"
#include "agent/base/result.h"
#include "mount/blob_source.h"
#include "mount/blob_store.h"
#include "mount/module_blob.h"
#include "verify/digested_file.h"

namespace powernode::mount {

struct DownloadOptions {
  PullObserver observer;                        // at most twice a second
  std::chrono::milliseconds retry_base{1'000};  // full jitter, doubling up to 60 s
};

// Attempts go on for as long as each gets further than all before it, else six times. Bytes with
// another digest are fetched once more from the start; then kRefuted "digest_mismatch". Also
// kRefuted "size_mismatch", kNoSpace "no_space", kUnavailable "cancelled" and the source's errors.
// The caller holds the digest's lock.
Result<verify::DigestedFile> Download(const BlobStore& store, BlobSource& source, Clock& clock,
                                      const ModuleBlob& module, const DownloadOptions& options,
                                      std::stop_token stop);

}  // namespace powernode::mount

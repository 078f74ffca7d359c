// Brings a module's image to this node and proves it: from the store (measured and judged again,
// whatever was thought of it before), else from the platform, streamed to disk while it is hashed
// and never through memory. A blob gets its name in the store only after size, SHA-256 and
// signature hold; a signature that would be refused is refused before a byte is fetched.
//
// Thread rule: two threads may pull with one Puller; the digest's lock file keeps two pulls of one
// blob apart.
#pragma once

#include <chrono>
#include <optional>
#include <stop_token>
#include <utility>

#include "agent/base/clock.h"
#include "agent/base/result.h"
#include "mount/blob_source.h"
#include "mount/blob_store.h"
#include "mount/download.h"
#include "mount/module_blob.h"
#include "verify/image_verifier.h"

namespace powernode::mount {

class Puller {
 public:
  struct Options {
    DownloadOptions download;
    std::chrono::milliseconds lock_patience{60'000};
  };

  // What is passed outlives the puller. `source` may be nullptr: then only the store is used.
  Puller(const BlobStore& store, const verify::ImageVerifier& verifier, BlobSource* source,
         Clock& clock, Options options)
      : store_(store),
        verifier_(verifier),
        source_(source),
        clock_(clock),
        options_(std::move(options)) {}

  // Errors: those of ImageVerifier, Download and the source; kBusy "locked"; kNotFound
  // "blob_not_stored" without a source.
  Result<verify::VerifiedImage> Pull(const ModuleBlob& module, std::stop_token stop) const;

  // Without any network. kNotFound "blob_not_stored".
  Result<verify::VerifiedImage> FromStore(const ModuleBlob& module, std::stop_token stop) const;

 private:
  Result<verify::VerifiedImage> PullOrOpen(const ModuleBlob& module, BlobSource* source,
                                           std::stop_token stop) const;
  Result<std::optional<std::string>> FindSignature(const verify::ImageClaim& claim,
                                                   BlobSource* source, std::stop_token stop) const;
  // Measured, not yet judged; nullopt when it is not there.
  Result<std::optional<verify::DigestedFile>> OpenStored(const ModuleBlob& module,
                                                         std::stop_token stop) const;

  const BlobStore& store_;
  const verify::ImageVerifier& verifier_;
  BlobSource* source_;
  Clock& clock_;
  Options options_;
};

}  // namespace powernode::mount
